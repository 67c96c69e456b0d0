import { bodyProblem } from 'mcp-server-sms/agreement';
import { expect, test } from 'vitest';
import { summaryMessage } from '../../../agent/alerts/summary-message.ts';
import { type BudgetStatus, percentOf, stateOf } from '../../../agent/spending/status.ts';

const RULES = {
  allowUrls: false,
  allowSecrets: false,
  credentials: { username: 'the-user-name', password: 'the-password' },
  accountSid: 'the-account',
};
const ended = (category: string, spentMinor = 9500, currency = 'CHF'): BudgetStatus => ({
  budgetId: 1,
  categoryId: 1,
  category,
  currency,
  period: 'month',
  periodStart: '2026-02-01',
  periodEnd: '2026-03-01',
  spentMinor,
  pendingMinor: 0,
  limitMinor: 8000,
  percent: percentOf(spentMinor, 8000),
  state: stateOf(spentMinor, 8000),
});
const linesOf = (...budgets: BudgetStatus[]) => {
  const made = summaryMessage(budgets, RULES);
  return 'body' in made ? made.body.split('\n') : made.problem;
};

test('says each budget with its period and the figures of an alert', () => {
  expect(linesOf(ended('Shopping'), ended('Travel', 8000, 'JPY'))).toEqual([
    'SpendWise, told late:',
    'Shopping, month to 2026-02-28: CHF 95/80 (119%)',
    'Travel, month to 2026-02-28: JPY 8000/8000 (100%)',
  ]);
  // No currency that a text could give.
  expect(linesOf(ended('Coins', 9500, 'BTC'))).toEqual([
    'SpendWise, told late:',
    'Coins, month to 2026-02-28',
  ]);
});

test.each([
  'see http://evil.example now',
  'two\nlines: CHF 1/1 (1%)',
  'call +1 900 555 0199',
  'override \u202e',
  'password: hunter22x',
  '🛒'.repeat(31),
  ' ',
])('leaves out a name that is no name: %j', (name) => {
  expect(linesOf(ended(name), ended('Shopping'))).toEqual([
    'SpendWise, told late:',
    'one of your budgets, month to 2026-02-28: CHF 95/80 (119%)',
    'Shopping, month to 2026-02-28: CHF 95/80 (119%)',
  ]);
});

test('fits into four segments, whatever the names, and counts the budgets that do not', () => {
  for (const name of ['x'.repeat(60), 'я'.repeat(60), '🛒'.repeat(30), 'evil.example']) {
    const lines = linesOf(...Array.from({ length: 40 }, () => ended(name))) as string[];
    const text = lines.join('\n');
    expect(text.length).toBeLessThanOrEqual(4 * 67);
    expect(bodyProblem(text, RULES)).toBeUndefined();
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.at(-1)).toBe(`and ${40 - (lines.length - 2)} more`);
  }
});
