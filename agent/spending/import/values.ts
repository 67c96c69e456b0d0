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

/**
 * The bank's id of a transaction. Undefined for what banks write where an id is required and they have none. A short number
 * counts the transactions of one download: the next one has it again.
 */
export function bankIdOf(raw: string | undefined): string | undefined {
  const text = textOf(raw);
  return /^(0*\d{0,4}|NONREF|NOTPROVIDED|N\/?A|NONE)$/i.test(text) ? undefined : text;
}

/** For messages: a value of the file, in quotes. */
export const inQuotes = (raw: string): string => JSON.stringify(textOf(raw).slice(0, 40));

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
