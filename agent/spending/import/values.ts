/** Longest value of one field that is read at all. What is longer is no statement of a bank. */
export const MAX_FIELD = 10_000;
/** Longest text of an entry. Banks' own limit is mostly 140 characters for each line of a remittance. */
const MAX_TEXT = 500;

/** A text of the file in one line: blanks and control characters become one space, halves of characters are replaced. */
export const textOf = (raw: string | undefined): string =>
  (raw ?? '')
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT)
    .replace(/[\uD800-\uDBFF]$/, '');

/** For messages: a value of the file, in quotes. */
export const inQuotes = (raw: string): string => JSON.stringify(textOf(raw).slice(0, 40));

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** YYYY-MM-DD. Undefined if there is no such day in the years 1900 to 2199. */
export function isoDate(year: number, month: number, day: number): string | undefined {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (!(year >= 1900 && year < 2200) || !(day >= 1 && day <= (DAYS[month - 1] ?? 0) + leap)) return undefined;
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

const GROUPED = {
  '.': /^([+-]?)(\d+|\d{1,3}(?:([,'’ ])\d{3}(?:\3\d{3})*))?(?:\.(\d*))?$/,
  ',': /^([+-]?)(\d+|\d{1,3}(?:([.'’ ])\d{3}(?:\3\d{3})*))?(?:,(\d*))?$/,
} as const;

/** An amount as people write it, "1'234.50" or "-1.234,5", as `minorOf` reads it: "1234.50", "-1234.5". */
export function decimalOf(text: string, decimal: '.' | ','): string | undefined {
  const [, sign, whole = '', , fraction = ''] =
    GROUPED[decimal].exec(
      text
        .trim()
        .replace(/^−/, '-')
        .replace(/\p{Zs}/gu, ' '),
    ) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const digits = whole.replace(/\D/g, '').replace(/^0+(?=\d)/, '');
  return `${sign}${digits || '0'}${fraction && `.${fraction}`}`;
}

/** Line ends of all systems become \n, also where a chunk ends inside one. */
export function lineFeeds(): (chunk: string) => string {
  let afterReturn = false;
  return (chunk) => {
    if (chunk === '') return '';
    const rest = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    afterReturn = chunk.endsWith('\r');
    return rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest;
  };
}

export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
