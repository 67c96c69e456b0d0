import { expect, test } from 'vitest';
import { crossedBudgets } from '../../../agent/alerts/crossed-budgets.ts';
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
  crossedBudgets([status], rows.map(withLimit(status)), thresholds, WEDNESDAY).map(
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
