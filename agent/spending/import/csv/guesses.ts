import { minorOf } from '../../money.ts';
import { inQuotes } from '../values.ts';
import { amountOf, bareNumber, DECIMAL_SIGNS, type DecimalSign, decimalSignsOf } from './amounts.ts';
import { DATE_ORDERS, type DateOrder, dateOf } from './dates.ts';
import { cellsOf, type FoundColumns } from './find-columns.ts';
import { INCOMING } from './names.ts';
import { type CsvProfile, SIGNS } from './profile.ts';
import { isDate, type Sample } from './sample.ts';

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

const amountCells = (sample: Sample, { columns, balance }: FoundColumns): string[] =>
  [columns.amount, columns.debit, columns.credit, balance].flatMap((name) => cellsOf(sample, name));

/** The decimal sign with which all amounts, and the balance, are amounts. */
export function guessDecimal(sample: Sample, found: FoundColumns): Aspect<DecimalSign> {
  const cells = amountCells(sample, found).filter((cell) => decimalSignsOf(cell).length > 0);
  const votes = DECIMAL_SIGNS.map(
    (sign) => cells.filter((cell) => amountOf(cell, sign) !== undefined).length,
  );
  const possible = DECIMAL_SIGNS.filter((_, at) => votes[at] === Math.max(...votes));
  const matters = cells.find((cell) => amountOf(cell, '.')?.decimal !== amountOf(cell, ',')?.decimal);
  const balanced = possible.filter((sign) => balanceSign(sample, found, sign) !== undefined);
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

/** Whether money out is negative: by the balance, else by which is more frequent. */
export function guessSign(
  sample: Sample,
  found: FoundColumns,
  decimal: DecimalSign,
): Aspect<CsvProfile['sign']> {
  const { columns } = found;
  const aspect = (value: CsvProfile['sign'], certain: boolean, why: string) => ({
    name: 'sign' as const,
    value,
    certain,
    alternatives: certain ? [value] : [...SIGNS],
    why,
  });
  const balance = balanceSign(sample, found, decimal);
  if (balance !== undefined) return aspect(balance, true, 'the balance follows it');
  const isNegative = (cell: string) => bareNumber(cell)?.negative === true;
  if (columns.amount === undefined) {
    const debits = cellsOf(sample, columns.debit).filter((cell) => /[1-9]/.test(cell));
    const negative = debits.filter(isNegative).length;
    return aspect(
      negative > debits.length / 2 ? 'out-negative' : 'out-positive',
      negative === 0 || negative === debits.length,
      'debits and credits have columns of their own',
    );
  }
  if (columns.direction !== undefined)
    return aspect('out-negative', true, `${columns.direction.column} says it`);
  const worded = wordedSign(sample, found);
  if (worded !== undefined) return aspect(worded, true, `${found.direction?.column} says it`);
  const incoming = incomingSign(sample, found);
  if (incoming !== undefined) return aspect(incoming.sign, true, `${inQuotes(incoming.text)} comes in`);
  const cells = cellsOf(sample, columns.amount).filter((cell) => /[1-9]/.test(cell));
  const negative = cells.filter(isNegative).length;
  if (negative > cells.length / 2)
    return aspect('out-negative', true, `${negative} of ${cells.length} amounts are negative`);
  return aspect(
    negative === 0 ? 'out-positive' : 'out-negative',
    false,
    `${negative} of ${cells.length} amounts are negative`,
  );
}

/** What the signs mean, where a column of words says whether money went out or came in. */
function wordedSign(
  { names, data }: Sample,
  { columns, direction }: FoundColumns,
): CsvProfile['sign'] | undefined {
  if (direction === undefined) return undefined;
  const [amountAt, wordAt] = [names.indexOf(columns.amount ?? ''), names.indexOf(direction.column)];
  const signs = data.map((row) => {
    const isOut = direction.out.includes((row[wordAt] ?? '').trim().toLowerCase());
    return isOut === (bareNumber(row[amountAt] ?? '')?.negative ?? false) ? 'out-negative' : 'out-positive';
  });
  return new Set(signs).size === 1 ? signs[0] : undefined;
}

/** By texts that say money came in, if all of them agree. */
function incomingSign({ names, data }: Sample, { columns }: FoundColumns) {
  const [amountAt, textsAt] = [
    names.indexOf(columns.amount ?? ''),
    [...columns.merchant, ...columns.description].map((name) => names.indexOf(name)),
  ];
  const found = data.flatMap((row) => {
    const text = textsAt.map((at) => row[at] ?? '').find((each) => INCOMING.test(each.slice(0, 500)));
    const amount = bareNumber(row[amountAt] ?? '');
    if (text === undefined || amount === undefined || !/[1-9]/.test(amount.digits)) return [];
    return [{ text, sign: amount.negative ? ('out-positive' as const) : ('out-negative' as const) }];
  });
  return new Set(found.map(({ sign }) => sign)).size === 1 ? found[0] : undefined;
}

/** The sign with which each balance is the one before, or after, and the amount. Undefined if neither or both fit. */
function balanceSign(
  sample: Sample,
  { columns, balance }: FoundColumns,
  decimal: DecimalSign,
): CsvProfile['sign'] | undefined {
  if (balance === undefined || columns.direction !== undefined) return undefined;
  const at = (name: string | undefined) => (name === undefined ? -1 : sample.names.indexOf(name));
  const [amountAt, debitAt, creditAt, balanceAt] = [
    at(columns.amount),
    at(columns.debit),
    at(columns.credit),
    at(balance),
  ];
  // Four decimals: as many as any currency has.
  const read = (row: readonly string[], place: number) =>
    minorOf(amountOf((row[place] ?? '').trim(), decimal)?.decimal ?? '', 'UYW') ??
    (row[place]?.trim() ? Number.NaN : 0);
  const rows = sample.data.map((row) => ({
    balance: read(row, balanceAt),
    amount: read(row, amountAt),
    debit: read(row, debitAt),
    credit: read(row, creditAt),
  }));
  const fits = (sign: 1 | -1, newestFirst: boolean) =>
    rows.slice(1).filter((row, n) => {
      const [older, newer] = newestFirst ? [row, rows[n]] : [rows[n], row];
      if (older === undefined || newer === undefined) return false;
      const change = columns.amount === undefined ? newer.credit + sign * newer.debit : sign * newer.amount;
      return change !== 0 && newer.balance - older.balance === change;
    }).length;
  const best = (sign: 1 | -1) => Math.max(fits(sign, false), fits(sign, true));
  const [negative, positive] = [best(1), best(-1)];
  if (Math.max(negative, positive) < Math.max(2, (rows.length - 1) * 0.8) || negative === positive)
    return undefined;
  return negative > positive ? 'out-negative' : 'out-positive';
}
