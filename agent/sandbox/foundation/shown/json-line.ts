import type { Shown } from './shown.ts';

/** Characters that a terminal would interpret or hide, and unusual spaces. */
const UNSEEN =
  /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\u{16fe4}]/gu;

/** A value as JSON in one line, fit for a terminal too: it parses to what JSON.stringify writes. */
export const jsonLine = (value: unknown): Shown => JSON.stringify(value).replace(UNSEEN, escaped) as Shown;

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => {
    const unit = character.charCodeAt(at).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');
