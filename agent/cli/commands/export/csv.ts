import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { ExportedTransaction } from '../../../spending/household/all-transactions.ts';
import { decimalOf } from '../../../spending/money.ts';

export const CSV_HEADER = ours`date,amount,currency,category,account,merchant,description,pending,transfer`;

export function csvRow(row: ExportedTransaction): Shown {
  const texts = [row.category, row.account, row.merchant, row.description].map(textCell);
  const flags = [row.pending, row.transfer].map((flag) => ours`${flag}`);
  const amount = ours`${shown(row.date)},${shown(decimalOf(row.amountMinor, row.currency))},${shown(row.currency)}`;
  return joined([amount, ...texts, ...flags], ',');
}

/**
 * In one line. A spreadsheet takes what begins with one of these signs for a formula, so an apostrophe is put in front.
 */
function textCell(text: string): Shown {
  const cell = shown(text, text.length * 10);
  const safe = GUARDED.test(cell) ? ours`'${cell}` : cell;
  return /[",\n]/.test(safe) ? ours`"${safe.replaceAll('"', '""') as Shown}"` : safe;
}

/** Also what has apostrophes in front of such a sign: then taking one away gives back what it was. */
const GUARDED = /^'*[=+\-@＝＋－＠]/;
