import { type DateOrder, dateOf } from '../csv/dates.ts';

/** `1/31/99`, `1/31'26`, `1/ 3' 6`, `31.01.2026`, `2026-01-31`. After an apostrophe comes a year of this century. */
export function qifDate(text: string, order: DateOrder): string | undefined {
  const plain = text
    .replace(/\s*([-/.'])\s*/g, '$1')
    .replace(/^(\d{4})'(\d\d?)'/, '$1-$2-')
    .replace(/'(\d\d?)$/, (_, year: string) => `/20${year.padStart(2, '0')}`)
    .replace(/'(?=\d{4}$)/, '/');
  // Years of two digits come last in QIF: only then can 13/01/26 be no other day.
  return order === 'ymd' && /^\d{1,2}\D/.test(plain) ? undefined : dateOf(plain, order);
}
