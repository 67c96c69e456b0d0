import { bareNumber, type DecimalSign } from './amounts.ts';
import { checkBalance } from './balance.ts';
import type { Aspect } from './guesses.ts';
import { CARD_PAYMENTS, WAGES } from './names.ts';
import type { FoundColumns } from './other-columns.ts';
import { type CsvProfile, SIGNS } from './profile.ts';
import { cellsOf, type Sample } from './sample.ts';

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
