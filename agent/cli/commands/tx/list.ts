import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { ours } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { accountNamed } from '../../../spending/household/accounts.ts';
import { categoryNamed } from '../../../spending/household/categories.ts';
import { transactions } from '../../../spending/household/transactions.ts';
import { readOwn } from '../../own-database.ts';
import { transactionTable } from '../../terminal/transaction-table.ts';

export interface ListFlags {
  readonly from?: Temporal.PlainDate;
  readonly to?: Temporal.PlainDate;
  readonly category?: string;
  readonly account?: string;
  readonly text?: string;
  readonly pending?: boolean;
  readonly limit: number;
  readonly json: boolean;
}

export function txList({ from, to, category, account, text, pending, limit, json }: ListFlags): void {
  const { rows, total } = readOwn((db) =>
    transactions(
      db,
      {
        from: from?.toString(),
        to: to?.toString(),
        categoryId: category === undefined ? undefined : categoryNamed(db, category).id,
        accountId: account === undefined ? undefined : accountNamed(db, account).id,
        text,
        pending,
      },
      limit,
    ),
  );
  if (json) return void out.line(jsonLine({ transactions: rows, total }));
  if (total === 0) err.line(ours`no transactions`);
  out.line(...transactionTable(rows, themeFor(process.stdout), out.columns));
  if (total > rows.length)
    err.line(ours`the newest ${rows.length} of ${total}; --limit and --to show others`);
}
