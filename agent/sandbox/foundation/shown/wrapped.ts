import type { Shown } from './shown.ts';

/** A narrower window cannot be read. */
const NARROWEST = 8;

export interface Wrapped {
  readonly text: Shown;
  /** The column at which the next text begins. */
  readonly column: number;
}

/**
 * Text broken by us before a window breaks it: what follows a break stands behind the margin. A window would begin it at
 * column 0, where lines of ours begin. It is broken between words where a line has several. `column` is where the text
 * begins.
 */
export function wrapped(text: Shown, columns: number, margin: Shown, column = 0): Wrapped {
  const most = Math.max(columns, NARROWEST) - 1;
  const behind = Math.min(widthOf(margin), most - 2);
  let out = '';
  let at = column;
  /** Behind the last blank of the line; 0 if there is none, or nothing before it. */
  let word = 0;
  let blank = column === 0;
  for (const [part] of text.matchAll(PARTS)) {
    const width = partWidth(part);
    if (part !== '\n' && at + width > most) {
      const moved = word === 0 ? '' : out.slice(word);
      const fits = word > 0 && behind + widthOf(moved) + width <= most;
      out = fits ? `${out.slice(0, word)}\n${margin}${moved}` : `${out}\n${margin}`;
      at = fits ? behind + widthOf(moved) : behind;
      word = 0;
      blank = at === behind;
    }
    out += part;
    at = part === '\n' ? 0 : at + width;
    if (part === '\n') word = 0;
    else if (part === ' ' && !blank) word = out.length;
    blank = part === '\n' || (blank && (part === ' ' || width === 0));
  }
  return { text: out as Shown, column: at };
}

/** Cut to so many columns. */
export function cut(text: Shown, width: number): Shown {
  if (widthOf(text) <= width) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(`${kept}${segment}`) > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…` as Shown;
}

/** Columns that a line takes at most. Where terminals differ, the wider: then a line is broken early, never by the window. */
export const widthOf = (line: string): number =>
  Array.from(line.matchAll(PARTS), ([part]) => partWidth(part)).reduce((sum, width) => sum + width, 0);

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const PARTS = /\x1b\[[0-9;]*m|[\s\S]/gu;

const partWidth = (part: string): number => {
  // Most parts. The properties of others take longer to look up.
  if (part >= ' ' && part <= '~') return 1;
  if (part === '\n' || part.startsWith('\x1b[') || NONE.test(part)) return 0;
  return WIDE.test(part) ? 2 : 1;
};

const NONE = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE =
  /[\p{Extended_Pictographic}\p{Emoji_Presentation}\u{10000}-\u{10ffff}\u1100-\u115f\u2329\u232a\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/u;
