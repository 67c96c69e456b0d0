import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetBars } from '../../../../agent/cli/terminal/bars.ts';
import { packed } from '../../../../agent/cli/terminal/packed.ts';
import { type Column, table } from '../../../../agent/cli/terminal/table.ts';
import { transactionTable } from '../../../../agent/cli/terminal/transaction-table.ts';
import { ours, shown } from '../../../../agent/sandbox/foundation/shown/shown.ts';
import { widthOf } from '../../../../agent/sandbox/foundation/shown/wrapped.ts';
import { themeFor } from '../../../../agent/sandbox/terminal/theme.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../../support/hostile-text.ts';

const theme = { ...themeFor(process.stderr), unicode: true };

test('columns are as wide as they must be; wide ones are cut, then optional ones left out', () => {
  const columns: Column[] = [
    { title: ours`Name`, least: 6 },
    { title: ours`Amount`, align: 'right' },
    { title: ours`Empty` },
    { title: ours`Note`, least: 4, optional: true },
  ];
  const rows = [
    [ours`Migros Zürich`, ours`-12.50`, ours``, ours`weekly`],
    [ours`銀行`, ours`1`, ours``, ours``],
  ];
  expect(table(columns, rows, theme, undefined)).toEqual([
    'Name           Amount  Note',
    'Migros Zürich  -12.50  weekly',
    '銀行                1',
  ]);
  expect(table(columns, rows, theme, 24)).toEqual([
    'Name     Amount  Note',
    'Migros…  -12.50  weekly',
    '銀行          1',
  ]);
  expect(table(columns, rows, theme, 16)).toEqual(['Name     Amount', 'Migros…  -12.50', '銀行          1']);
  expect(table(columns, [], theme, 24)).toEqual([]);
});

test('whatever names and figures are, tables and bars of a window of 50 columns stay in it, in one line each', () => {
  const amount = fc.integer({ min: -99_999_999, max: 99_999_999 });
  fc.assert(
    fc.property(hostileText, hostileText, amount, fc.boolean(), (name, note, amountMinor, pending) => {
      const transaction = {
        ...{
          id: 1234,
          date: '2026-11-25',
          currency: 'CHF',
          categoryBy: 'hand' as const,
          importId: null,
          suspectOf: 12,
        },
        ...{
          amountMinor,
          category: name,
          account: note,
          merchant: note,
          description: note,
          pending,
          transfer: pending,
        },
      };
      const budget = {
        ...{ budgetId: 1, categoryId: 1, category: name, currency: 'CHF', period: 'month' as const },
        ...{ periodStart: '2026-11-01', periodEnd: '2026-12-01', percent: 119, state: 'over' as const },
        ...{ spentMinor: Math.abs(amountMinor), limitMinor: 12_345_678, pendingMinor: 123_456 },
        ...{ forecastMinor: 7_654_321, otherCurrencies: [{ currency: 'EUR', spentMinor: 999_999 }] },
      };
      const other = { ...transaction, account: 'Main' };
      for (const window of [50, 100])
        for (const line of [
          ...transactionTable([transaction, other], theme, window),
          ...budgetBars([budget], theme, window),
        ]) {
          expect(widthOf(line)).toBeLessThan(window);
          expect(line).not.toMatch(OBEYED_OR_HIDDEN);
          expect(line).not.toContain('\n');
        }
    }),
  );
});

test('facts share lines as long as they fit, and none is broken in two but between words', () => {
  const facts = ['2026-11-20 09:30Z', 'week from 2026-11-16', `SM${'0'.repeat(32)}`].map((text) =>
    shown(text),
  );
  expect(packed(facts, ours`  `, 50)).toEqual([
    '  2026-11-20 09:30Z, week from 2026-11-16,',
    `  SM${'0'.repeat(32)}`,
  ]);
  expect(packed(facts, ours`  `)).toHaveLength(1);
  const long = 'Twilio has refused it: 21610, the recipient has opted out of your texts';
  expect(packed([shown('sent'), shown(long)], ours`  `, 50)).toEqual([
    '  sent, Twilio has refused it: 21610, the',
    '  recipient has opted out of your texts',
  ]);
  expect(packed([], ours`  `, 50)).toEqual([]);
});
