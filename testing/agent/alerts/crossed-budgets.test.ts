import { expect, test } from 'vitest';
import { crossedBudgets } from '../../../agent/alerts/crossed-budgets.ts';
import { falls } from '../../../agent/alerts/falls.ts';
import type { IntentRow, IntentState } from '../../../agent/alerts/ledger/row.ts';
import { covers } from '../../../agent/alerts/ledger/uniqueness.ts';
import {
  DEFAULT_THRESHOLDS,
  highestCrossed,
  parseThresholds,
  type Threshold,
} from '../../../agent/alerts/thresholds.ts';
import { forecastMinor } from '../../../agent/spending/forecast.ts';
import { type BudgetStatus, percentOf, stateOf } from '../../../agent/spending/status.ts';

const WEDNESDAY = Temporal.PlainDate.from('2026-11-25');
const NOW = Date.parse('2026-11-25T12:00:00Z');
const DAY_MS = 24 * 3_600_000;

const budget = (spentMinor: number, limitMinor: number, category = 'Shopping'): BudgetStatus => ({
  budgetId: category === 'Shopping' ? 3 : 5,
  categoryId: category === 'Shopping' ? 4 : 6,
  category,
  currency: 'CHF',
  period: 'week',
  periodStart: '2026-11-23',
  periodEnd: '2026-11-30',
  spentMinor,
  pendingMinor: 0,
  limitMinor,
  percent: percentOf(spentMinor, limitMinor),
  state: stateOf(spentMinor, limitMinor),
});

const row = (threshold: Threshold, state: IntentState = 'sent', periodStart = '2026-11-23'): IntentRow => ({
  id: 1,
  state,
  tool: 'send_budget_alert',
  alert: {
    database: '/x',
    budgetId: 3,
    categoryId: 4,
    category: 'Shopping',
    currency: 'CHF',
    period: 'week',
    periodStart,
    threshold,
    spentMinor: 1,
    limitMinor: 1,
  },
  recipient: '',
  body: '',
  sid: undefined,
  reason: undefined,
  reservedAt: new Date(0),
  sendingAt: undefined,
  settledAt: undefined,
});

test.each<[number, number, Threshold | undefined]>([
  [0, 100, undefined],
  [-500, 100, undefined],
  [4999, 10_000, undefined],
  [5000, 10_000, 50],
  [7999, 10_000, 50],
  [8000, 10_000, 80],
  [9999, 10_000, 80],
  [14_940, 15_000, 80],
  [10_000, 10_000, 100],
  [10_001, 10_000, 'over'],
  [1, 0, 'over'],
  [0, 0, undefined],
  [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, 80],
])('%i of %i has reached %s', (spentMinor, limitMinor, threshold) => {
  expect(highestCrossed({ spentMinor, limitMinor }, DEFAULT_THRESHOLDS)).toBe(threshold);
});

test.each<[string, Threshold[] | undefined]>([
  ['50,80,100,over,forecast', [50, 80, 100, 'over', 'forecast']],
  [' 90 , over , 90 ', [90, 'over']],
  ['over', ['over']],
  ['', undefined],
  ['0', undefined],
  ['101', undefined],
  ['80%', undefined],
  ['80,', undefined],
  ['Over', undefined],
])('the thresholds "%s"', (text, thresholds) => {
  expect(parseThresholds(text)).toEqual(thresholds);
});

const withLimit =
  ({ limitMinor }: BudgetStatus) =>
  (one: IntentRow): IntentRow => ({ ...one, alert: one.alert && { ...one.alert, limitMinor } });

const due = (
  status: BudgetStatus,
  rows: IntentRow[],
  thresholds: readonly Threshold[] = DEFAULT_THRESHOLDS,
) =>
  crossedBudgets([status], rows.map(withLimit(status)), thresholds, WEDNESDAY, NOW).map(
    ({ threshold, earlier }) => [threshold, earlier === undefined ? 'due' : 'done'],
  )[0];

test('each threshold is due once a period, and the highest one covers those below it', () => {
  expect(due(budget(95, 80), [])).toEqual(['over', 'due']);
  expect(due(budget(95, 80), [row('over')])).toEqual(['over', 'done']);
  expect(due(budget(95, 80), [row(80)])).toEqual(['over', 'due']);
  // A refund: below what was told already.
  expect(due(budget(70, 80), [row('over')])).toEqual([80, 'done']);
  expect(due(budget(10, 80), [row('over')])).toBeUndefined();
  // A new week, another budget.
  expect(due(budget(95, 80), [row('over', 'sent', '2026-11-16')])).toEqual(['over', 'due']);
  expect(due(budget(95, 80, 'Boats'), [row('over')])).toEqual(['over', 'due']);
});

test('what failed is due again; what may have gone out, or is on its way, is not', () => {
  expect(due(budget(95, 80), [row('over', 'failed')])).toEqual(['over', 'due']);
  for (const state of ['reserved', 'sending', 'sent', 'unknown'] as const)
    expect(due(budget(95, 80), [row('over', state)])).toEqual(['over', 'done']);
  expect(due(budget(95, 80), [row('over', 'sent'), row('over', 'failed')])).toEqual(['over', 'done']);
});

/** An alert after which a run saw only so much spent. */
const fell = (threshold: Threshold, fellToMinor: number, ago = 2 * DAY_MS): IntentRow => {
  const one = row(threshold);
  return {
    ...one,
    alert: one.alert && { ...one.alert, fellToMinor },
    reservedAt: new Date(NOW - ago),
  };
};

test.each<[string, number, IntentRow[], [Threshold, string] | undefined]>([
  ['at what it fell to, nothing is due', 70, [fell('over', 70)], [80, 'done']],
  ['what stayed true is not told again', 79, [fell('over', 70)], [80, 'done']],
  ['what becomes true again is', 80, [fell('over', 70)], [100, 'due']],
  ['up to the highest', 81, [fell('over', 70)], ['over', 'due']],
  ['once', 81, [fell('over', 70), row('over')], ['over', 'done']],
  ['all of it after a fall below all', 40, [fell('over', 0)], [50, 'due']],
  ['no more than was reached', 64, [fell('over', 39)], [80, 'due']],
  ['a later alert counts by itself', 64, [fell('over', 39), row(50)], [80, 'due']],
  ['that fell again', 64, [fell('over', 39), fell(80, 63)], [80, 'due']],
  ['twice within a day is enough', 64, [fell(80, 1, 1000), fell(80, 1, 900)], [80, 'done']],
  ['a day later it is told', 64, [fell(80, 1, DAY_MS), fell(80, 1, 900)], [80, 'due']],
  ['another threshold has its own count', 80, [fell(80, 1, 1000), fell(80, 1, 900)], [100, 'due']],
])('a correction arms a threshold again: %s', (_what, spent, rows, expected) => {
  expect(due(budget(spent, 80), rows)).toEqual(expected);
});

test.each<[string, Threshold, IntentState, number, number | undefined]>([
  ['a lower one', 'over', 'sent', 79, 79],
  ['still over', 'over', 'delivered', 81, undefined],
  ['exactly the threshold', 80, 'unknown', 64, undefined],
  ['just below it', 80, 'unknown', 63, 63],
  ['nothing', 50, 'undelivered', 0, 0],
  ['more was refunded than spent', 50, 'sent', -20, -20],
  ['nothing, and it was not sent', 50, 'failed', 0, undefined],
  ['nothing, and it is being sent', 50, 'sending', 0, undefined],
  ['a forecast that holds', 'forecast', 'sent', 60, undefined],
  ['a forecast of a reached limit', 'forecast', 'sent', 80, undefined],
  ['a forecast that a refund took back', 'forecast', 'sent', 30, 30],
])('a run that sees %s spent', (_what, threshold, state, spent, fall) => {
  const status = budget(spent, 80);
  const told = withLimit(status)(row(threshold, state));
  const rows = [{ ...told, alert: told.alert && { ...told.alert, spentMinor: 90 } }];
  expect(falls(rows, [status], WEDNESDAY)).toEqual(fall === undefined ? [] : [{ id: 1, toMinor: fall }]);
});

test('only a correction takes an alert back: neither a slower pace, another limit, nor the next period', () => {
  const all = (spent: number, day: Temporal.PlainDate, change: Partial<IntentRow['alert']> = {}) => {
    const one = withLimit(budget(0, 80))(row('forecast'));
    return falls(
      [{ ...one, alert: one.alert && { ...one.alert, spentMinor: 40, ...change } }],
      [budget(spent, 80)],
      day,
    );
  };
  const sunday = WEDNESDAY.add({ days: 4 });
  expect(all(40, sunday)).toEqual([]);
  expect(all(39, sunday)).toHaveLength(1);
  expect(all(39, sunday, { limitMinor: 90 })).toEqual([]);
  expect(all(39, sunday, { periodStart: '2026-11-16' })).toEqual([]);
  expect(all(39, sunday, { fellToMinor: 39 })).toEqual([]);
  expect(all(38, sunday, { fellToMinor: 39 })).toHaveLength(1);
});

test('fires the forecast once, and only while the limit is not reached', () => {
  const all: Threshold[] = [...DEFAULT_THRESHOLDS, 'forecast'];
  // CHF 60 by Wednesday is CHF 140 by Sunday.
  expect(forecastMinor(budget(6000, 10_000), WEDNESDAY)).toBe(14_000);
  expect(due(budget(6000, 10_000), [], all)).toEqual([50, 'due']);
  expect(due(budget(6000, 10_000), [row(50)], all)).toEqual(['forecast', 'due']);
  expect(due(budget(6000, 10_000), [row(50), row('forecast')], all)).toEqual([50, 'done']);
  expect(due(budget(8000, 10_000), [row('forecast')], all)).toEqual([80, 'due']);
  expect(due(budget(10_000, 10_000), [row(100)], all)).toEqual([100, 'done']);
  expect(due(budget(6000, 10_000), [row(50)])).toEqual([50, 'done']);
  expect(covers('forecast', 50)).toBe(false);
  expect(covers(80, 'forecast')).toBe(false);
  expect(covers('over', 'forecast')).toBe(true);
});

test.each([
  ['on the first day of a week', '2026-11-23', undefined],
  ['on the second', '2026-11-24', 21_000],
  ['on the last', '2026-11-29', 6000],
  ['after it', '2026-11-30', undefined],
])('a forecast %s', (_when, day, forecast) => {
  expect(forecastMinor(budget(6000, 10_000), Temporal.PlainDate.from(day))).toBe(forecast);
});

test('a forecast is half up, and exact with great amounts', () => {
  expect(forecastMinor(budget(1, 10), WEDNESDAY)).toBe(2);
  expect(forecastMinor(budget(3_000_000_000_000_000, 10), WEDNESDAY)).toBe(7_000_000_000_000_000);
});
