import { shown } from '../shown/shown.ts';

/** Others' words in one line: a line feed in them must not make a line of its own. */
export const oneLine = (text: string): string => shown(text, 2_000);

export const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
