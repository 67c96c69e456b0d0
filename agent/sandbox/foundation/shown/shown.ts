import { BLANKS, HIDDEN, LINE_ENDS, spelledOut, withoutEscapes } from './characters.ts';

declare const brand: unique symbol;

/**
 * Text that may stand on a screen: our own words, and others' only as `shown`, `quoted` or `shownLines` make them.
 * Whatever writes to a terminal, a question or a log takes this type and no other.
 */
export type Shown = string & { readonly [brand]: true };

/** As long as what others say may be where nobody says otherwise. */
const MOST = 500;

/**
 * Others' words in one line: no escape sequences, one blank where there are many of any kind, hidden characters
 * spelled out, cut to `most` with an ellipsis. Looks at no more of a text than it may need.
 */
export const shown = (text: string, most = MOST): Shown => fitted(text, most, 1);

/** Others' words in lines of their own, each behind a margin: none looks like one of ours. */
export function shownLines(text: string, margin: Shown, most = { lines: 40, characters: MOST }): Shown {
  // A line may come apart into one of blanks and many of words: no more is looked at than can be shown.
  const bounded = text.slice(0, most.lines * (most.characters + 1));
  const lines = bounded.split(LINE_ENDS, most.lines + 1);
  const own = lines.slice(0, most.lines).map((line) => ours`${margin}${indented(line, most.characters)}`);
  return joined(
    lines.length > most.lines || bounded.length < text.length ? [...own, ours`${margin}…`] : own,
    '\n',
  );
}

/** One of many lines: how far it is indented means something in a list. */
const indented = (line: string, most: number): Shown => fitted(line, most, MOST_BLANKS);

/** More in a row would lay out lines in a window that wraps. */
export const MOST_BLANKS = 8;

/**
 * A value in quotes with every hidden character spelled out: what a person agrees to is what they see. Many spaces are
 * counted, `\u{20}{75}`, for in a window that wraps they lay out lines; marks heaped on marks cover the lines around.
 */
export const quoted = (value: string, most = Number.POSITIVE_INFINITY): Shown => {
  const kept = value.length > most ? whole(value.slice(0, most)) : value;
  const text = JSON.stringify(kept)
    .replace(HIDDEN_IN_QUOTES, spelledOut)
    .replace(/ {3,}/g, (spaces) => `${spelledOut(' ')}{${spaces.length}}`);
  return (kept === value ? text : `${text}… (${value.length} characters)`) as Shown;
};

const HIDDEN_IN_QUOTES =
  /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\u{16fe4}]|(?<="|\p{M}{2})\p{M}/gu;

/** Our own words with what was made safe in them. Others' words do not fit in before they are. */
export const ours = (words: TemplateStringsArray, ...values: readonly (Shown | number | boolean)[]): Shown =>
  String.raw({ raw: words }, ...values) as Shown;

export const joined = (parts: readonly Shown[], between: string): Shown => parts.join(between) as Shown;

/** "1,234" */
export const grouped = (count: number): Shown => count.toLocaleString('en-GB') as Shown;

/** "1 text", "1,200 texts". */
export const counted = (count: number, what: string, many = `${what}s`): Shown =>
  `${grouped(count)} ${count === 1 ? what : many}` as Shown;

/** As wide as a column; a negative width sets it to the right. */
export const padded = (text: Shown | number, width: number): Shown =>
  (width < 0 ? String(text).padStart(-width) : String(text).padEnd(width)) as Shown;

/** Others' characters as they may be seen, with at most so many blanks in a row. */
export const visible = (text: string, blanks: number): string =>
  PLAIN.test(text)
    ? text
    : withoutEscapes(text)
        .replace(BLANKS, (run) => ' '.repeat(Math.min(run.length, blanks)))
        .replace(HIDDEN, (character, hidden) => (hidden === undefined ? character : spelledOut(character)));

/** ASCII words with one blank between them, which stay as they are. What follows is slow to begin with. */
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/;

function fitted(text: string, most: number, blanks: number): Shown {
  // Blanks and escape sequences vanish: some more is looked at than is shown.
  const bounded = text.length > most * 4 ? whole(text.slice(0, most * 4)) : text;
  const seen = blanks === 1 ? visible(bounded, blanks).trim() : visible(bounded, blanks).trimEnd();
  if (seen.length <= most && bounded === text) return seen as Shown;
  return `${whole(seen.slice(0, Math.max(0, most - 1))).trimEnd()}…` as Shown;
}

/** Without the half of a character that a cut leaves at the end. */
const whole = (text: string): string => text.replace(/[\ud800-\udbff]$/, '');
