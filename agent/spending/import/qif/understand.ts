import { amountOf, type DecimalSign } from '../csv/amounts.ts';
import type { DateOrder } from '../csv/dates.ts';
import { qifDate } from './dates.ts';
import { hasTransactions } from './reader.ts';
import { recordReader } from './records.ts';

/** How a QIF file is read. What is not certain has to be asked, or said with a flag. */
export interface QifUnderstood {
  readonly dateOrder: DateOrder;
  readonly decimal: DecimalSign;
  readonly certain: { readonly dateOrder: boolean; readonly decimal: boolean };
}

/** Settles the order of dates and the decimal sign by the beginning of a file. Throws NotAStatement. */
export function understandQif(sample: string): QifUnderstood {
  const [dates, amounts]: [string[], string[]] = [[], []];
  recordReader((record) => {
    dates.push(record.values.get('D') ?? '');
    amounts.push(record.values.get('T') ?? record.values.get('U') ?? '');
  }, hasTransactions).push(`${sample}\n`);
  const order = likeliest(['mdy', 'dmy', 'ymd'], dates, qifDate);
  const decimal = likeliest(['.', ','], amounts, (text, sign) => amountOf(text, sign)?.decimal);
  // Who writes dots into dates begins with the day.
  const dotted = order.among.includes('dmy') && dates.every((text) => /^\d{1,2}\s*\./.test(text));
  return {
    dateOrder: dotted ? 'dmy' : order.best,
    decimal: decimal.best,
    certain: { dateOrder: dotted || order.certain, decimal: decimal.certain },
  };
}

/**
 * The way in which most texts can be read. Certain if all can that can be read in any way, and in no other way with another
 * result.
 */
function likeliest<Way extends string>(
  ways: readonly [Way, ...Way[]],
  all: readonly string[],
  read: (text: string, way: Way) => string | undefined,
) {
  const texts = all.filter((text) => ways.some((way) => read(text, way) !== undefined));
  const results = ways.map((way) => ({ way, values: texts.map((text) => read(text, way)) }));
  const count = ({ values }: { values: (string | undefined)[] }) => values.filter(Boolean).length;
  const most = Math.max(...results.map(count));
  const among = results.filter((result) => count(result) === most);
  const certain = most === texts.length && new Set(among.map(({ values }) => values.join())).size === 1;
  return { best: among[0]?.way ?? ways[0], among: among.map(({ way }) => way), certain };
}
