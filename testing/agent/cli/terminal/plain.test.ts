import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertTable } from '../../../../agent/cli/terminal/alert-table.ts';
import { budgetBars } from '../../../../agent/cli/terminal/bars.ts';
import { narrator } from '../../../../agent/cli/terminal/narrator.ts';
import { runRows } from '../../../../agent/cli/terminal/run-rows.ts';
import { transactionTable } from '../../../../agent/cli/terminal/transaction-table.ts';
import { drillTable } from '../../../../agent/sandbox/cli/drill-table.ts';
import { ours } from '../../../../agent/sandbox/foundation/shown/shown.ts';
import { screenOn } from '../../../../agent/sandbox/terminal/screen.ts';
import { themeFor } from '../../../../agent/sandbox/terminal/theme.ts';
import { phoneBubble } from '../../../demo/phone.ts';

const before = process.env.SPENDWISE_PLAIN;
beforeEach(() => {
  process.env.SPENDWISE_PLAIN = '1';
});
afterEach(() => {
  if (before === undefined) delete process.env.SPENDWISE_PLAIN;
  else process.env.SPENDWISE_PLAIN = before;
});

/** A terminal with all colours, where nothing but `--plain` keeps them away. */
const terminal = {
  isTTY: true,
  hasColors: () => true,
  getColorDepth: () => 24,
} as unknown as NodeJS.WriteStream;
const theme = themeFor(terminal);

const budget = {
  ...{ budgetId: 1, categoryId: 1, category: 'Shopping', currency: 'CHF', period: 'week' as const },
  ...{ periodStart: '2026-11-23', periodEnd: '2026-11-30', percent: 119, state: 'over' as const },
  ...{ spentMinor: 9_550, limitMinor: 8_000, pendingMinor: 1_000 },
};

test('a budget is a sentence, however narrow the window', () => {
  const over = { ...budget, forecastMinor: 15_000, otherCurrencies: [{ currency: 'EUR', spentMinor: 999 }] };
  const ok = { ...budget, category: 'Food', percent: 50, state: 'ok' as const, pendingMinor: 0 };
  const none = { ...ok, category: 'Gifts', percent: null, state: 'over' as const, limitMinor: 0 };
  expect(
    budgetBars([over, { ...ok, state: 'warn' }, { ...ok, state: 'reached' }, ok, none], theme, 20),
  ).toEqual([
    'Shopping: CHF 95.50 of 80 a week, 119 percent, over, 10 pending, also EUR 9.99, at this pace 150',
    'Food: CHF 95.50 of 80 a week, 50 percent, close to the limit',
    'Food: CHF 95.50 of 80 a week, 50 percent, at the limit',
    'Food: CHF 95.50 of 80 a week, 50 percent',
    'Gifts: CHF 95.50 of 0 a week, over',
  ]);
});

test('an alert is a sentence', () => {
  const entry = { ...budget, threshold: '100', sid: 'SM1', reason: 'it went out' } as never;
  const report = {
    due: [entry],
    sent: [entry],
    skipped: [],
    failed: [],
    unknown: [],
    undelivered: [],
  } as never;
  const [line] = alertTable(report, { dryRun: false, quiet: false }, theme, 50);
  expect(line).toMatch(/^sent, Shopping, CHF 95\.50 of 80, 119 percent, .*, SM1, it went out$/);
});

test('a transaction repeats the titles, and nothing is cut', () => {
  const row = {
    ...{ id: 12, date: '2026-11-25', currency: 'CHF', amountMinor: -5990, category: 'Shopping' },
    ...{ merchant: 'A merchant that no window of 20 columns has room for', account: 'Main' },
    ...{
      description: '',
      pending: true,
      transfer: false,
      suspectOf: null,
      categoryBy: 'hand',
      importId: null,
    },
  } as never;
  expect(transactionTable([row], theme, 20)).toEqual([
    'No 12, Date 2026-11-25, Amount CHF -59.90, Category Shopping, Merchant A merchant that no window of 20 columns has room for, Note pending',
  ]);
});

test('a run is a line', () => {
  const run = {
    ...{ id: 'ab12cd34', time: '2026-11-25T10:00:00Z', outcome: 'answered', prompt: 'Check my budgets' },
    ...{
      model: 'm',
      calls: 2,
      inputTokens: 4210,
      outputTokens: 96,
      texts: { sent: 1, unknown: 0 },
      damaged: 0,
    },
  } as never;
  const [line, ...more] = runRows([run], theme, 30);
  expect(more).toEqual([]);
  expect(line).toMatch(
    /^ab12cd34, 2026-11-25 \d\d:00, answered, m, 2 calls, 4,210 tokens in, 96 out, 1 text sent, Check my budgets$/,
  );
});

test('the phone has no box, and no line of a text looks like ours', () => {
  const lines = phoneBubble({ body: '[!!] SpendWise: Shopping\nA text from', from: '+15005550006' }, theme);
  expect(lines).toEqual(['A text from +15005550006:', '  [!!] SpendWise: Shopping', '  A text from']);
});

test('a run is told in words, each line of the model with its name', () => {
  let text = '';
  const stream = { ...terminal, columns: 80, write: (part: string) => (text += part) };
  const screen = screenOn(stream as unknown as NodeJS.WritableStream);
  const tell = narrator({ words: screen, steps: screen, theme });
  const call = { callId: 'c', name: 'sms__send_sms', arguments: '{}' };
  tell({ type: 'text', delta: 'I will\ndone: it' });
  tell({ type: 'call', call });
  tell({ type: 'outcome', call, outcome: { kind: 'denied', reason: 'a stranger' } as never });
  tell({ type: 'end' });
  expect(text).toBe(
    'model: I will\nmodel: done: it\ncall: sms__send_sms {}\n  not done: denied by the tool policy: a stranger\n',
  );
});

test('the drill says word, attempt and what was seen; in a narrow window of columns, below each other', () => {
  const attempt = {
    class: 'a',
    attempt: 'read a secret',
    observed: 'EPERM '.repeat(10),
    held: true,
    run: true,
  };
  const report = { runtime: 'docker', attempts: [attempt], held: 1, escaped: 0, notRun: 0 } as never;
  const seen = 'EPERM '.repeat(10).trim();
  expect(drillTable(report, theme, 50)[1]).toBe(`  held: read a secret: ${seen}`);
  expect(drillTable(report, { ...theme, plain: false }, 50).slice(1, 3)).toEqual([
    '  held     read a secret',
    `    ${seen}`,
  ]);
});

test('no style writes a colour, and nothing is animated', () => {
  const { plain, unicode, animated, ...styles } = theme;
  expect({ plain: theme.plain, unicode: theme.unicode, animated: theme.animated }).toEqual({
    plain: true,
    unicode: false,
    animated: false,
  });
  for (const style of Object.values(styles)) expect((style as (typeof theme)['dim'])(ours`x`)).toBe('x');
  delete process.env.SPENDWISE_PLAIN;
  expect({ plain: theme.plain, animated: theme.animated }).toEqual({ plain: false, animated: true });
});
