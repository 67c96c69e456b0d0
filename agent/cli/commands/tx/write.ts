import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, type Shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { timeZoneOf } from '../../../spending/database.ts';
import { removeTransaction, type Transaction } from '../../../spending/household/transactions.ts';
import {
  rewriteTransaction,
  type Typed,
  writeTransaction,
} from '../../../spending/household/typed-transactions.ts';
import { today } from '../../../spending/periods.ts';
import { changeOwn } from '../../own-database.ts';
import { transactionTable } from '../../terminal/transaction-table.ts';

type Flags = Typed & { readonly json: boolean };

export function txAdd(amount: string, { json, ...typed }: Flags): void {
  const added = changeOwn((db) => writeTransaction(db, { ...typed, amount }, today(timeZoneOf(db))));
  const direction = added.amountMinor > 0 ? ours`money in` : ours`money out`;
  print(json, { added }, ours`Added, ${direction}:`, [added]);
}

export function txEdit(ids: readonly number[], { json, ...typed }: Flags): void {
  const changed = changeOwn((db) => ids.map((id) => rewriteTransaction(db, id, typed)));
  print(
    json,
    { changed },
    ours`Changed:`,
    changed.map(({ after }) => after),
  );
}

export function txRemove(ids: readonly number[], { json }: { json: boolean }): void {
  const removed = changeOwn((db) => [...new Set(ids)].map((id) => removeTransaction(db, id)));
  print(json, { removed }, ours`Removed:`, removed);
}

const print = (json: boolean, object: object, title: Shown, rows: readonly Transaction[]): void =>
  json
    ? out.line(jsonLine(object))
    : out.line(title, ...transactionTable(rows, themeFor(process.stdout), out.columns));
