import { usedColumns } from './columns.ts';
import type { CsvColumns } from './profile.ts';

/** Where the columns of a profile stand in this file, counted from 0; −1 for those that it has not. */
export interface Places {
  readonly date: readonly number[];
  readonly amount: number;
  readonly debit: number;
  readonly credit: number;
  readonly fee: number;
  readonly direction: number;
  readonly currency: number;
  readonly merchant: readonly number[];
  readonly payer: number;
  readonly description: readonly number[];
  readonly bankId: number;
  readonly group: number;
  readonly status: number;
  readonly category: number;
  readonly account: number;
  readonly transfer: number;
  /** Fields that a row must have. */
  readonly least: number;
  /** Further ones must be empty: a delimiter within a text would move what follows it. */
  readonly most: number;
}

/** Undefined if one of the columns is not among the names. */
export function placesOf(columns: CsvColumns, names: readonly string[]): Places | undefined {
  const used = usedColumns(columns).map((name) => names.indexOf(name));
  if (used.includes(-1)) return undefined;
  const one = (name: string | undefined) => (name === undefined ? -1 : names.indexOf(name));
  const all = (list: readonly string[]) => list.map(one);
  // The header row ends with a delimiter, and so do the rows below, or not.
  const most = names.findLastIndex((name) => !/^column \d+$/.test(name)) + 1;
  return {
    date: all(columns.date),
    amount: one(columns.amount),
    debit: one(columns.debit),
    credit: one(columns.credit),
    fee: one(columns.fee),
    direction: one(columns.direction?.column),
    currency: one(columns.currency),
    merchant: all(columns.merchant),
    payer: one(columns.payer),
    description: all(columns.description),
    bankId: one(columns.bankId),
    group: one(columns.group ?? columns.bankId),
    status: one(columns.status?.column),
    category: one(columns.category),
    account: one(columns.account),
    transfer: one(columns.transfer),
    least: Math.max(...used) + 1,
    most: Math.max(most, ...used.map((at) => at + 1)),
  };
}

/** Of a file without a header row, which may have any number of fields. */
export function placesByNumber(columns: CsvColumns): Places | undefined {
  const numbers = usedColumns(columns).map((name) => Number(/^column (\d{1,3})$/.exec(name)?.[1] ?? 0));
  const names = Array.from({ length: Math.max(...numbers) }, (_, at) => `column ${at + 1}`);
  const places = placesOf(columns, names);
  return places && { ...places, most: Number.POSITIVE_INFINITY };
}
