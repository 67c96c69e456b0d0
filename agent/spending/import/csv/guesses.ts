import { amountOf, bareNumber, DECIMAL_SIGNS, type DecimalSign } from './amounts.ts';
import { checkBalance } from './balance.ts';
import { DATE_ORDERS, type DateOrder, dateOf } from './dates.ts';
import { cellsOf, type FoundColumns } from './find-columns.ts';
import { CARD_PAYMENTS, WAGES } from './names.ts';
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
  const balance = checkBalance(sample, found, decimal);
  const directed = signByDirection(sample, found);
  if (balance.sign !== undefined && directed !== undefined && balance.sign !== directed)
    return aspect(directed, false, `the balance contradicts ${found.direction?.column}`);
  if (balance.sign !== undefined) return aspect(balance.sign, true, 'the balance follows it');
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
  if (directed !== undefined) return aspect(directed, true, `${found.direction?.column} says it`);
  const cells = cellsOf(sample, columns.amount).filter((cell) => /[1-9]/.test(cell));
  const negative = cells.filter(isNegative).length;
  const why = `${negative} of ${cells.length} amounts are negative`;
  const marks = new Set(cells.map((cell) => bareNumber(cell)?.marked));
  if (negative === 0 && marks.size > 1) {
    const value = marks.has('in') ? 'out-positive' : 'out-negative';
    return aspect(value, marks.size === 2 || !marks.has(undefined), 'CR and DR say it');
  }
  if (balance.contradicts) return aspect('out-negative', false, 'the balance does not follow the amounts');
  if (negative > cells.length / 2) return aspect('out-negative', true, why);
  const worded = signByTexts(sample, found);
  if (worded !== undefined) return aspect(worded, true, `${why}, and what comes in has such a text`);
  return aspect(negative === 0 ? 'out-positive' : 'out-negative', false, why);
}

/** What the signs mean, where a column of words says whether money went out or came in. */
function signByDirection(
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

/** By texts of what comes in. Others write texts: one that says otherwise leaves it open. */
function signByTexts({ names, data }: Sample, { columns }: FoundColumns): CsvProfile['sign'] | undefined {
  const amountAt = names.indexOf(columns.amount ?? '');
  const textsAt = [...columns.merchant, ...columns.description].map((name) => names.indexOf(name));
  const rows = data.map((row) => ({
    negative: bareNumber(row[amountAt] ?? '')?.negative === true,
    text: textsAt.map((at) => (row[at] ?? '').slice(0, 200)).join(' '),
  }));
  const [negative, positive] = [rows.filter((row) => row.negative), rows.filter((row) => !row.negative)];
  const [paid, earned] = [CARD_PAYMENTS, WAGES].map(
    (words) => (row: { text: string }) => words.test(row.text),
  );
  if (paid === undefined || earned === undefined || negative.length === 0 || positive.length === 0)
    return undefined;
  if (negative.every(paid) && !positive.some((row) => paid(row) || earned(row))) return 'out-positive';
  const isIn = positive.some((row) => paid(row) || earned(row));
  return isIn && !negative.some(paid) ? 'out-negative' : undefined;
}
