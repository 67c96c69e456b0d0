import { plainText } from '../plain-text.ts';

/** Others' words in one line: a line feed in them must not make a line of its own. */
export const oneLine = (text: string): string => plainText(text).replace(/\s*\n\s*/g, ' ');

export const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
