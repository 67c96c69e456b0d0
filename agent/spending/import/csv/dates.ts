export const DATE_ORDERS = ['dmy', 'mdy', 'ymd'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Two separated numbers or an English month between, before or after them. What follows is a time of day, cut. */
const SEPARATED =
  /^(?:[a-z]{2,9}\.?,? )?(\d{1,4}|[a-z]{3,9}\.?)(?:[-/.] ?| |(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d))(\d{1,2}|[a-z]{3,9}\.?)(?:\.? ?,? ?[-/.]? ?)(\d{4}|\d{1,2})\.?(?:[t ,-]{1,2}\d{1,2}[:.h]\d\d.{0,30}| as of .{0,20})?$/i;
const COMPACT = /^(\d{8})(?:\d{4,6}|[t ]\d{1,2}:?\d\d.{0,30})?$/i;

/** "30.01.2026 12:00" in order dmy → "2026-01-30". Undefined if it is no date, or none in this order. */
export function dateOf(text: string, order: DateOrder): string | undefined {
  const trimmed = text.trim().replace(/^(\d{4})年(\d{1,2})月(\d{1,2})日/, '$1-$2-$3');
  if (trimmed.length > 60) return undefined;
  const compact = COMPACT.exec(trimmed)?.[1];
  if (compact !== undefined) return compactDate(compact, order);
  const [, first = '', second = '', third = ''] = SEPARATED.exec(trimmed) ?? [];
  if (first === '') return undefined;
  if (/[a-z]/i.test(first)) return iso(third, monthOf(first), second);
  if (/[a-z]/i.test(second)) {
    return first.length === 4 ? iso(first, monthOf(second), third) : iso(third, monthOf(second), first);
  }
  if (first.length === 4) return order === 'ymd' ? iso(first, second, third) : undefined;
  if (order === 'ymd') return third.length === 2 ? iso(first, second, third) : undefined;
  return order === 'dmy' ? iso(third, second, first) : iso(third, first, second);
}

/** The orders in which it is a date. All of them if the order does not matter, as of "30 Jan 2026". */
export const ordersOf = (text: string): readonly DateOrder[] =>
  DATE_ORDERS.filter((order) => dateOf(text, order) !== undefined);

function compactDate(digits: string, order: DateOrder): string | undefined {
  const at = (from: number, to: number) => digits.slice(from, to);
  if (order === 'ymd') return iso(at(0, 4), at(4, 6), at(6, 8));
  return order === 'dmy' ? iso(at(4, 8), at(2, 4), at(0, 2)) : iso(at(4, 8), at(0, 2), at(2, 4));
}

function monthOf(name: string): string {
  return String(MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1);
}

/** The years of a bank's files are 1970 to 2069. */
function iso(year: string, month: string, day: string): string | undefined {
  if (year.length !== 2 && year.length !== 4) return undefined;
  const full = year.length === 2 ? (Number(year) < 70 ? 2000 : 1900) + Number(year) : Number(year);
  if (full < 1970 || full > 2069 || month.length > 2 || day.length > 2) return undefined;
  const [m, d] = [Number(month), Number(day)];
  // The 31st of June is the 1st of July.
  if (m < 1 || m > 12 || d < 1 || new Date(Date.UTC(full, m - 1, d)).getUTCDate() !== d) return undefined;
  return `${full}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}
