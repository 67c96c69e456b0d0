import { isoDate } from '../values.ts';

export type DateOrder = 'dmy' | 'mdy' | 'ymd';

/** `1/31/99`, `1/31'26`, `1/ 3' 6`, `31.01.2026`, `2026-01-31`, `20260131`. After an apostrophe comes a year of this century. */
export function qifDate(text: string, order: DateOrder): string | undefined {
  const compact = /^(\d{4})(\d\d)(\d\d)$/.exec(text)?.slice(1);
  const parts =
    compact ?? /^(\d{1,4})[-/.](\d{1,2})[-/.'](\d{4}|\d{1,2})$/.exec(text.replace(/\s/g, ''))?.slice(1);
  const [first = '', second = '', third = ''] = parts ?? [];
  if ((first.length === 4) !== (order === 'ymd')) return undefined;
  const [year, month, day] =
    order === 'ymd'
      ? [first, second, third]
      : order === 'dmy'
        ? [third, second, first]
        : [third, first, second];
  const century = year.length === 4 ? 0 : text.includes("'") || Number(year) < 70 ? 2000 : 1900;
  return isoDate(century + Number(year), Number(month), Number(day));
}
