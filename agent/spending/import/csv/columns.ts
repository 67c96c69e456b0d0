import { currencyCode } from '../../money.ts';
import type { CsvColumns } from './profile.ts';

/** A code at the end of a header's cell: "Betrag (EUR)", "Gutschrift in CHF". */
const CODE = /(?: (?:in|en|im) |[ _]?[([]| (?=[A-Z]{3}$))([A-Z]{3}|€)[)\]]?$/;

export interface HeaderCell {
  readonly name: string;
  readonly currency?: string;
}

/**
 * Names of a header row's columns: lower case, without the currency, the second of the same name as "name (2)". An empty
 * one is "column 5".
 */
export function headerCells(row: readonly string[]): HeaderCell[] {
  const seen = new Map<string, number>();
  return row.map((cell, index) => {
    const text = plain(cell);
    const code = CODE.exec(text)?.[1]?.replace('€', 'EUR');
    const currency = code !== undefined && currencyCode(code) !== undefined ? code : undefined;
    const bare = (currency === undefined ? text : text.replace(CODE, '')).trim().toLowerCase();
    const name = bare || `column ${index + 1}`;
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return { name: nth === 1 ? name : `${name} (${nth})`, ...(currency !== undefined && { currency }) };
  });
}

const plain = (cell: string): string =>
  cell
    .slice(0, 200)
    .normalize('NFC')
    .replace(/^\ufeff/, '')
    .replace(/["*:]+$|^["#]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** The names of all columns a profile reads. */
export function usedColumns(columns: object): string[] {
  return Object.values(columns).flatMap((value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value)) return value as string[];
    return value === undefined ? [] : [(value as { column: string }).column];
  });
}

/** The same columns, by the names that `headerCells` gives them: users type them as they stand in the file. */
export function withNames(columns: Partial<CsvColumns>): Partial<CsvColumns> {
  const name = (text: string) => headerCells([text])[0]?.name ?? text;
  const named = (value: unknown): unknown => {
    if (typeof value === 'string') return name(value);
    if (Array.isArray(value)) return value.map(named);
    return { ...(value as object), column: named((value as { column: string }).column) };
  };
  return Object.fromEntries(Object.entries(columns).map(([role, value]) => [role, named(value)]));
}
