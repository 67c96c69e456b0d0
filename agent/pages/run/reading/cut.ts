import { fieldText } from '@spendwise/sandbox/audit';
import type { Moment } from '../story.ts';

/** Limits of what a page shows of one moment. */
const MAX_TITLE = 300;
export const MAX_BODY = 4_000;

export const cut = (text: string, most = MAX_TITLE): string =>
  text.length <= most ? text : `${startOf(text, most)}… (${text.length - most} more characters)`;

export const bodyOf = (name: string, text: string): Moment['bodies'][number] =>
  text.length <= MAX_BODY
    ? { name, text }
    : { name, text: startOf(text, MAX_BODY), more: text.length - MAX_BODY };

export const textOf = (value: unknown): string => cut(fieldText(value));

/** Not as a slice, which would keep the whole text in memory: a log may have ten thousand long ones. */
const startOf = (text: string, most: number): string => JSON.parse(JSON.stringify(text.slice(0, most)));
