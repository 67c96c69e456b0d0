import { amountOf, DECIMAL_SIGNS, type DecimalSign } from './amounts.ts';
import { checkBalance } from './balance.ts';
import { DATE_ORDERS, type DateOrder, dateOf } from './dates.ts';
import type { FoundColumns } from './other-columns.ts';
import { cellsOf, isDate, type Sample } from './sample.ts';

/** One thing about the file. `--NAME VALUE` on the command line settles it. */
export interface Aspect<T extends string = string> {
  readonly name: 'delimiter' | 'columns' | 'dates' | 'decimal' | 'sign';
  readonly value: T;
  /** The data leave no other reading. */
  readonly certain: boolean;
  readonly alternatives: readonly string[];
  readonly why: string;
}

/** The order in which all dates of the file are dates. */
export function guessDates(sample: Sample, found: FoundColumns): Aspect<DateOrder> {
  const names = sample.names.filter(
    (name) => found.columns.date.includes(name) || cellsOf(sample, name).every(isDate),
  );
  const cells = names.flatMap((name) => cellsOf(sample, name)).filter(isDate);
  const counts = DATE_ORDERS.map((order) => ({
    order,
    count: cells.filter((cell) => dateOf(cell, order) !== undefined).length,
  }));
  const most = Math.max(...counts.map(({ count }) => count));
  const fitting = counts.filter(({ count }) => count === most).map(({ order }) => order);
  // Of two digits, the year is last if it can be.
  const possible = fitting.length > 1 ? fitting.filter((order) => order !== 'ymd') : fitting;
  const matters = cells.some((cell) => new Set(possible.map((order) => dateOf(cell, order))).size > 1);
  const dotted = possible.includes('dmy') && cells.every((cell) => /^\s*\d{1,2}\. ?\d/.test(cell));
  const own = cellsOf(sample, found.columns.date[0]);
  const means = (cell: string) => new Set(possible.map((order) => dateOf(cell, order))).size;
  const value = dotted
    ? 'dmy'
    : (possible.find((order) => isSorted(own.map((cell) => dateOf(cell, order) ?? ''))) ??
      possible[0] ??
      'dmy');
  const certain = possible.length === 1 || !matters || dotted;
  const example = own.find((cell) => means(cell) > 1) ?? own[0] ?? '';
  return {
    name: 'dates',
    value,
    certain,
    alternatives: certain ? [value] : possible,
    why: certain
      ? `${example} is ${dateOf(example, value)}`
      : `${example} is ${possible.map((order) => dateOf(example, order)).join(' or ')}`,
  };
}

function isSorted(dates: readonly string[]): boolean {
  const up = dates.every((date, at) => at === 0 || (dates[at - 1] ?? '') <= date);
  return up || dates.every((date, at) => at === 0 || (dates[at - 1] ?? '') >= date);
}

/** The decimal sign with which all amounts, and the balance, are amounts. */
export function guessDecimal(sample: Sample, found: FoundColumns): Aspect<DecimalSign> {
  const { columns } = found;
  const cells = [columns.amount, columns.debit, columns.credit].flatMap((name) => cellsOf(sample, name));
  const readAs = (sign: DecimalSign, among: readonly string[]) =>
    among.filter((cell) => amountOf(cell, sign) !== undefined).length;
  const most = (signs: readonly DecimalSign[], among: readonly string[]) => {
    const best = Math.max(...signs.map((sign) => readAs(sign, among)));
    return signs.filter((sign) => readAs(sign, among) === best);
  };
  // Some banks write the balance in another way than the amounts.
  const possible = most(most(DECIMAL_SIGNS, cells), cellsOf(sample, found.balance));
  const matters = cells.find((cell) => amountOf(cell, '.')?.decimal !== amountOf(cell, ',')?.decimal);
  const balanced = possible.filter((sign) => checkBalance(sample, found, sign).sign !== undefined);
  const value = (balanced.length === 1 ? balanced[0] : possible[0]) ?? '.';
  const certain = possible.length === 1 || balanced.length === 1 || matters === undefined;
  const read = (sign: DecimalSign) => amountOf(matters ?? '', sign)?.decimal;
  return {
    name: 'decimal',
    value,
    certain,
    alternatives: certain ? [value] : possible,
    why:
      matters === undefined
        ? 'no amount has decimals'
        : certain
          ? `${matters} is ${read(value)}`
          : `${matters} is ${possible.map(read).join(' or ')}`,
  };
}
