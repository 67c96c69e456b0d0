import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import type { Transaction } from '../../spending/household/transactions.ts';
import { decimalOf } from '../../spending/money.ts';
import { table } from './table.ts';

const MAX_NAME = 60;

/** One line for each. Accounts only if there are several. */
export function transactionTable(
  rows: readonly Transaction[],
  theme: Theme,
  window: number | undefined,
): Shown[] {
  const several = new Set(rows.map(({ account }) => account)).size > 1;
  return table(
    [
      { title: ours`No`, align: 'right' },
      { title: ours`Date` },
      { title: ours`Amount`, align: 'right' },
      { title: ours`Category`, least: 5 },
      { title: ours`Merchant`, least: 5 },
      { title: ours`Note`, optional: true },
      { title: ours`Account`, least: 6, optional: true },
      { title: ours`Description`, least: 8, optional: true },
    ],
    rows.map((row) => [
      ours`${row.id}`,
      shown(row.date),
      {
        text: shown(`${row.currency} ${decimalOf(row.amountMinor, row.currency)}`),
        paint: row.amountMinor > 0 ? theme.green : (text) => text,
      },
      shown(row.category, MAX_NAME),
      shown(row.merchant, MAX_NAME),
      notes(row),
      several ? shown(row.account, MAX_NAME) : ours``,
      shown(row.description),
    ]),
    theme,
    window,
  );
}

const notes = ({ pending, transfer, suspectOf }: Transaction): Shown =>
  joined(
    [
      ...(pending ? [ours`pending`] : []),
      ...(transfer ? [ours`transfer`] : []),
      ...(suspectOf === null ? [] : [ours`same as ${suspectOf}?`]),
    ],
    ', ',
  );
