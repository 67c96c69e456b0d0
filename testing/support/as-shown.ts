import { stripVTControlCharacters } from 'node:util';

/** What a terminal shows of what was written to it, without colours. A line that was wiped is gone. */
export const asShown = (written: string): string =>
  stripVTControlCharacters(written.replace(WIPED, '')).replaceAll('\r', '');

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal obeys them
const WIPED = /[^\n]*\r\x1b\[K/g;
