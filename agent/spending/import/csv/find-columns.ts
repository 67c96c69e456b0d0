import { allOf, columnOf } from './names.ts';
import { type FoundColumns, isSigned, type Start, withOthers } from './other-columns.ts';
import type { CsvColumns } from './profile.ts';
import { cellsOf, isAmount, isDate, mostly, type Sample } from './sample.ts';

/** By what the header row calls them, if what stands below fits. */
export function columnsByName(sample: Sample, settled: Partial<CsvColumns> = {}): FoundColumns | undefined {
  if (!sample.header) return undefined;
  const { names } = sample;
  const dates = settled.date ?? allOf('date', names).filter((name) => mostly(cellsOf(sample, name), isDate));
  const number = (role: 'debit' | 'credit') =>
    allOf(role, names).find((name) => mostly(cellsOf(sample, name), isAmount));
  const split = settled.debit ?? number('debit');
  const credit =
    settled.credit ?? number('credit') ?? (split === undefined ? undefined : columnOf('credit', names));
  const debit = split ?? (credit === undefined ? undefined : columnOf('debit', names));
  const amounts = allOf('amount', names).filter((name) => mostly(cellsOf(sample, name), isAmount));
  // One whose currency the header names is the account's; others may be in that of a purchase abroad.
  const amount = settled.amount ?? amounts.find((name) => sample.currencies.has(name)) ?? amounts[0];
  const pair =
    settled.amount === undefined &&
    debit !== undefined &&
    credit !== undefined &&
    (amount === undefined ||
      cellsOf(sample, amount).length < sample.data.length ||
      !isSigned(sample, amount));
  if (dates[0] === undefined || (!pair && amount === undefined)) return undefined;
  // A second date is for rows that lack the first.
  const first = dates[0];
  const date = cellsOf(sample, first).length === sample.data.length ? [first] : dates.slice(0, 2);
  return withOthers(sample, { date, ...(pair ? { debit, credit } : { amount }) } as Start, settled, true);
}

/** By what stands in them: the only column of dates, and the only one of amounts, or the one before a balance. */
export function columnsByContent(
  sample: Sample,
  settled: Partial<CsvColumns> = {},
): FoundColumns | undefined {
  const { names } = sample;
  const date = settled.date?.[0] ?? names.find((name) => mostly(cellsOf(sample, name), isDate));
  const others = new Set([...allOf('balance', names), ...allOf('bankId', names), ...allOf('account', names)]);
  const numbers = names.filter((name) => !others.has(name));
  const withDecimals = numbers.filter((name) =>
    mostly(cellsOf(sample, name), (cell) => isAmount(cell) && /[.,]\d{1,2}\D*$/.test(cell)),
  );
  const amount =
    settled.amount ??
    withDecimals.find((name) => cellsOf(sample, name).length === sample.data.length) ??
    numbers.find((name) => mostly(cellsOf(sample, name), isAmount));
  if (date === undefined || amount === undefined) return undefined;
  const [debit, credit] = numbers.filter(
    (name) => mostly(cellsOf(sample, name), isAmount) && cellsOf(sample, name).length < sample.data.length,
  );
  const split = cellsOf(sample, debit).length + cellsOf(sample, credit).length === sample.data.length;
  const start =
    settled.amount === undefined && split && cellsOf(sample, amount).length < sample.data.length
      ? { debit, credit }
      : { amount };
  return withOthers(sample, { date: [date], ...start } as Start, settled, false);
}
