import { expect, test } from 'vitest';
import { type AlertReport, emptyReport } from '../../../agent/alerts/alert-run.ts';
import type { HistoryEntry } from './alert-run.ts';
import { BUDGETS } from './home.ts';
import { judge } from './verdict.ts';

const NOTHING = emptyReport();
const AT = '2026-11-23T10:00:00.000Z';
const [FOOD, SHOPPING] = [
  '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)',
  '[!!] SpendWise: Shopping\nCHF 95.05/80 (119%)',
];

const row = (
  body: string,
  state: HistoryEntry['state'],
  change: Partial<HistoryEntry> = {},
): HistoryEntry => {
  const food = body.includes('Food');
  const alert = food
    ? { category: 'Food & Dining', period: 'week', threshold: 80, spentMinor: 135_00, limitMinor: 150_00 }
    : { category: 'Shopping', period: 'week', threshold: 'over', spentMinor: 95_05, limitMinor: 80_00 };
  const sid = state === 'sent' ? { sid: `SM of ${alert.category}` } : {};
  return { id: 1, state, at: AT, alert, body, ...sid, ...change };
};
const out = (body: string, sid = `SM of ${body.includes('Food') ? 'Food & Dining' : 'Shopping'}`) => ({
  sid,
  body,
  createdAt: new Date(AT),
});

/** Of a household whose two alerts went out, but for what the test says. */
function violations(change: {
  inbox?: ReturnType<typeof out>[];
  history?: HistoryEntry[];
  report?: Partial<AlertReport>;
  /** What was corrected to nothing meanwhile, and whether a run saw it. */
  fell?: string;
  seen?: boolean;
}): string[] {
  const { inbox = [out(FOOD), out(SHOPPING)], history = [row(FOOD, 'sent'), row(SHOPPING, 'sent')] } = change;
  const spent: Record<string, number> = { 'Food & Dining': 135_00, Shopping: 95_05 };
  const report = { ...NOTHING, ...change.report };
  const least = (category: string) => (change.fell === category ? 0 : (spent[category] ?? 0));
  const spending = {
    spentMinor: (category: string) => spent[category] ?? 0,
    least,
    leastSeen: change.seen ? least : () => Number.POSITIVE_INFINITY,
  };
  return [...judge({ inbox, history, report, budgets: BUDGETS, spending }).violations];
}

const shown = (category: string, limitMinor: number) => ({
  category,
  currency: 'CHF',
  spentMinor: 1,
  limitMinor,
  percent: 1,
  threshold: 80,
});

test('the judge accepts two alerts that went out once, or that are shown as open', () => {
  expect(violations({})).toEqual([]);
  const history = [row(FOOD, 'unknown'), row(SHOPPING, 'sent')];
  const report = { unknown: [shown('Food & Dining', 150_00)] };
  expect(violations({ inbox: [out(SHOPPING)], history, report })).toEqual([]);
});

test('the judge finds a text that went out twice, also in other words for the same threshold', () => {
  expect(violations({ inbox: [out(FOOD), out(SHOPPING), out(FOOD, 'SM2')] })).toContainEqual(
    expect.stringMatching(/^twice: week Food/),
  );
  const more = out('[!] SpendWise: Food & Dining\nCHF 136/150 (91%)', 'SM2');
  expect(violations({ inbox: [out(FOOD), out(SHOPPING), more] })).toContainEqual(
    expect.stringMatching(/^twice: week Food/),
  );
});

test('the judge demands a second text after a correction that a run saw, and accepts one after any', () => {
  const fell = 'Food & Dining';
  expect(violations({ fell })).toEqual([]);
  expect(violations({ fell, seen: true })).toEqual(['lost: Food & Dining, week, 80']);
  const history = [
    row(FOOD, 'sent'),
    row(FOOD, 'sent', { sid: 'SM2' }),
    row(SHOPPING, 'delivered', { sid: 'SM of Shopping' }),
  ];
  const inbox = [out(FOOD), out(SHOPPING), out(FOOD, 'SM2')];
  expect(violations({ fell, seen: true, inbox, history })).toEqual([]);
  expect(violations({ inbox, history })).toEqual(['twice: week Food & Dining 80']);
});

test('the judge finds an alert that was lost, hidden, or only claimed', () => {
  const inbox = [out(SHOPPING)];
  expect(violations({ inbox, history: [row(SHOPPING, 'sent')] })).toEqual(['lost: Food & Dining, week, 80']);
  const unknown = [row(FOOD, 'unknown'), row(SHOPPING, 'sent')];
  expect(violations({ inbox, history: unknown })).toEqual([
    'unknown, and not shown: Food & Dining, week, 80',
  ]);
  expect(violations({ inbox })).toEqual(['claimed, and it did not go out: Food & Dining 80']);
});

test('the judge finds a text that went out but counts as failed, unknown, being sent, or nothing', () => {
  const seen = (...history: HistoryEntry[]) =>
    violations({
      history: [...history, row(SHOPPING, 'sent')],
      report: { unknown: [shown('Food & Dining', 150_00)] },
    });
  expect(seen(row(FOOD, 'failed'))).toEqual(['counted as failed, and it went out: Food & Dining 80']);
  expect(seen(row(FOOD, 'unknown'))).toEqual(['left unknown, and it went out: Food & Dining 80']);
  expect(seen(row(FOOD, 'sending'))).toContain('left sending: Food & Dining 80');
  expect(seen()).toEqual(['not in the ledger, and it went out: Food & Dining 80']);
});

test('the judge finds figures that differ from the database, and a text that contradicts itself', () => {
  const other = '[!] SpendWise: Food & Dining\nCHF 130/150 (87%)';
  expect(
    violations({ inbox: [out(other), out(SHOPPING)], history: [row(other, 'sent'), row(SHOPPING, 'sent')] }),
  ).toEqual([`wrong figures: ${JSON.stringify(other)}`]);
  const odd = '[!!] SpendWise: Food & Dining\nCHF 135/150 (90%)';
  expect(
    violations({ inbox: [out(odd), out(SHOPPING)], history: [row(odd, 'sent'), row(SHOPPING, 'sent')] }),
  ).toContain(`not an alert: ${JSON.stringify(odd)}`);
});
