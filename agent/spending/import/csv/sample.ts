import { decimalSignsOf } from './amounts.ts';
import { headerCells } from './columns.ts';
import { ordersOf } from './dates.ts';
import { knownNames } from './names.ts';
import type { CsvProfile } from './profile.ts';
import { CsvRows } from './rows.ts';

/** More rows settle nothing that these leave open. */
const MAX_ROWS = 2000;

export interface Sample {
  readonly delimiter: CsvProfile['delimiter'];
  readonly header: boolean;
  /** Of the columns: by the header row, or "column 1". */
  readonly names: readonly string[];
  /** Currencies that the header row has, by column. */
  readonly currencies: ReadonlyMap<string, string>;
  /** The rows below that have a date and an amount. */
  readonly data: readonly (readonly string[])[];
  /** Rows with a date, an amount and the usual number of fields: how well the delimiter fits. */
  readonly fitting: number;
  readonly score: number;
}

export function sampleOf(
  text: string,
  delimiter: CsvProfile['delimiter'],
  whole: boolean,
  header?: boolean,
): Sample {
  const rows: string[][] = [];
  const reader = new CsvRows(delimiter, (fields) => {
    if (rows.length < MAX_ROWS && fields?.some((field) => field.trim() !== '')) rows.push(fields);
  });
  try {
    // The last row may be cut off.
    reader.push(whole ? `${text}\n` : text);
  } catch {
    // What comes before the damage is enough for a guess; reading the file will say where it is.
  }
  const isData = rows.map((row) => row.length > 1 && row.some(isDate) && row.some(isAmount));
  const data = rows.filter((_, at) => isData[at]);
  const width = mostFrequent(data.map((row) => row.length));
  const at = header === false ? -1 : headerAt(rows, isData, header === true);
  const row = rows[at];
  const cells = row === undefined ? [] : headerCells(row);
  const names =
    row === undefined
      ? Array.from({ length: width }, (_, n) => `column ${n + 1}`)
      : cells.map(({ name }) => name);
  const currencies = new Map(
    cells.flatMap(({ name, currency }) => (currency === undefined ? [] : [[name, currency]])),
  );
  const fitting = data.filter((each) => each.length === width).length;
  return {
    delimiter,
    header: row !== undefined,
    names,
    currencies,
    data,
    fitting,
    score: fitting * 100 + knownNames(names) * 10 + width,
  };
}

/** The row above the first data that has the most names we know; else the one right above, if all of it is text. */
function headerAt(rows: readonly string[][], isData: readonly boolean[], must: boolean): number {
  const first = isData.indexOf(true);
  const above = rows.slice(0, Math.max(first, 0));
  const known = above.map((row) => knownNames(headerCells(row).map(({ name }) => name)));
  const most = Math.max(0, ...known);
  if (most >= 2) return known.lastIndexOf(most);
  const last = above.at(-1);
  const looksLikeOne =
    last !== undefined &&
    last.length > 1 &&
    last.length >= (rows[first]?.length ?? 0) - 1 &&
    last.every((cell) => !/^\W*\d/.test(cell));
  return looksLikeOne || (must && last !== undefined) ? above.length - 1 : -1;
}

export const isDate = (text: string): boolean =>
  text.length < 60 && /\d/.test(text) && ordersOf(text).length > 0;
export const isAmount = (text: string): boolean =>
  /\d/.test(text) && text.length < 40 && !isDate(text) && decimalSignsOf(text.trim()).length > 0;

export function mostFrequent<T>(values: readonly T[]): T {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [0 as T, 0])[0];
}

/** The cells of a column, without empty ones. */
export function cellsOf({ names, data }: Sample, name: string | undefined): string[] {
  const at = name === undefined ? -1 : names.indexOf(name);
  return at === -1 ? [] : data.map((row) => (row[at] ?? '').trim()).filter((cell) => cell !== '');
}

export const mostly = (cells: readonly string[], holds: (cell: string) => boolean): boolean =>
  cells.length > 0 && cells.filter(holds).length >= cells.length * 0.9;
