import type { Moment } from '../story.ts';

/** Limits of what a page shows of one moment. */
const MAX_TITLE = 300;
export const MAX_BODY = 4_000;

export const cut = (text: string, most = MAX_TITLE): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;

export const bodyOf = (name: string, text: string): Moment['bodies'][number] =>
  text.length <= MAX_BODY
    ? { name, text }
    : { name, text: text.slice(0, MAX_BODY), more: text.length - MAX_BODY };

/** A field of a log, which anybody may have written. */
export const textOf = (value: unknown): string =>
  cut(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
