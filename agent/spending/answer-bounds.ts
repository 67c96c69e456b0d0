import { plainText } from '@spendwise/sandbox/foundation';

/** The app shows a model 20,000 characters of a result. The rest of an answer takes less than 3,000. */
const MAX_CHARS = 16_000;
/** Names have at most 60 characters: two units each. */
const MAX_NAME = 120;
/** As much as an import takes of a text. */
const MAX_TEXT = 500;

/** Text that others wrote, bounded before anything else looks at it. */
const cut = (text: string, max: number): string =>
  `${plainText(text.slice(0, max)).toWellFormed()}${text.length > max ? '…' : ''}`;

export const name = (text: string): string => cut(text, MAX_NAME);
export const words = (text: string): string => cut(text, MAX_TEXT);

/** The first of the rows, as many as fit into an answer. */
export function fitting<Row>(rows: readonly Row[]): Row[] {
  let left = MAX_CHARS;
  const tooMany = rows.findIndex((row) => {
    left -= JSON.stringify(row).length + 1;
    return left < 0;
  });
  return rows.slice(0, tooMany === -1 ? undefined : tooMany);
}

/** For an error: which names there are, as far as they fit. */
export const listed = (names: readonly string[]): string => {
  const some = names.slice(0, 30).map(name);
  return `${some.join(', ')}${names.length > some.length ? ` and ${names.length - some.length} more` : ''}`;
};
