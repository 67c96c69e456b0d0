import { minorOf } from '../../money.ts';
import { amountOf, type DecimalSign } from '../csv/amounts.ts';
import type { DateOrder } from '../csv/dates.ts';
import type { StatementEntry } from '../statement.ts';
import { inQuotes, textOf } from '../values.ts';
import { qifDate } from './dates.ts';
import type { QifRecord } from './records.ts';

interface How {
  readonly currency: string;
  readonly dateOrder: DateOrder;
  readonly decimal: DecimalSign;
}

/** The transaction of a record. A text says why it cannot be read. */
export function entryOf(
  { line, values, splits, twice }: QifRecord,
  { currency, dateOrder, decimal }: How,
): StatementEntry | string {
  if (twice !== undefined) return `${twice} is there twice: the line ^ between two entries is missing`;
  const dateAs = values.get('D') ?? '';
  const date = qifDate(dateAs, dateOrder);
  if (date === undefined) return `${inQuotes(dateAs)} is no date in the order ${dateOrder} (D)`;
  const amountAs = values.get('T') ?? values.get('U') ?? '';
  const amount = amountOf(amountAs, decimal);
  const amountMinor = amount === undefined ? undefined : minorOf(amount.decimal, amount.currency ?? currency);
  if (amountMinor === undefined)
    return `${inQuotes(amountAs)} is no amount in ${currency} with the decimal sign "${decimal}" (T)`;
  const categories = [...new Set(splits.length > 0 ? splits : [values.get('L') ?? ''])];
  const merchant = textOf(values.get('P') || values.get('M'));
  const memo = textOf(values.get('M'));
  const number = values.get('N') ?? '';
  return {
    line,
    date,
    amountMinor,
    currency: amount?.currency,
    merchant,
    description: (memo === merchant ? '' : memo) || textOf(/^\d+$/.test(number) ? `Check ${number}` : ''),
    pending: false,
    // In brackets stands an account.
    transfer: categories.every((category) => /^\[.*\]/.test(category)),
    category: categories.length === 1 ? categoryOf(categories[0] ?? '') : undefined,
  };
}

/** "Food:Groceries/Class" → "Food:Groceries". None of "[Savings]" and "--Split--". */
const categoryOf = (text: string): string | undefined =>
  /^(\[|--)/.test(text) ? undefined : textOf(text.split(/[/|]/)[0]) || undefined;
