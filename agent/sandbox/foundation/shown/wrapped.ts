import { ours, type Shown } from './shown.ts';

/** A narrower window cannot be read. */
const NARROWEST = 8;

/** Breaks text into lines that fit into the columns, before a window breaks it. */
export function wrapped(text: Shown, columns: number, margin: Shown): Shown {
  const wrapping = new Wrapping();
  return `${wrapping.take(text, columns, margin)}${wrapping.end()}` as Shown;
}

/**
 * The same for text that comes in pieces. A new line begins with the margin: a window would begin it at column 0, where
 * lines of ours begin. A line of several words is broken between words, so a word waits while it may still have to move
 * to the next line.
 */
export class Wrapping {
  /** Behind the word that waits. */
  #column = 0;
  #waiting = '';
  #width = 0;
  /** A word here is not the first of its line. */
  #movable = false;
  #blank = true;
  #last = '';

  take(text: Shown, columns: number, margin: Shown): Shown {
    const most = Math.max(columns, NARROWEST) - 1;
    const behind = Math.min(widthOf(margin), most - 2);
    let out = '';
    for (const [part] of text.matchAll(PARTS)) {
      if (part === '\n') {
        out += `${this.end()}\n`;
        this.#begin(0);
        continue;
      }
      const width = partWidth(part);
      const isMovable = !this.#blank && this.#column > behind;
      if (isMovable && beginsWord(this.#last, part)) out += this.#nextWord();
      this.#last = part;
      if (this.#column + width > most) {
        const moves = this.#movable && behind + this.#width + width <= most;
        const moved = moves ? this.#width : 0;
        out += moves ? `\n${margin}${this.end()}` : `${this.end()}\n${margin}`;
        this.#begin(behind + moved);
        this.#blank = moved === 0;
      }
      this.#column += width;
      if (this.#movable) {
        this.#waiting += part;
        this.#width += width;
      } else out += part;
      if (part === ' ' && !this.#blank && this.#column > behind) out += this.#nextWord();
      this.#blank &&= part === ' ' || width === 0;
    }
    return out as Shown;
  }

  /** The word that waits. */
  end(): Shown {
    const word = this.#waiting as Shown;
    this.#movable &&= word === '';
    this.#waiting = '';
    this.#width = 0;
    return word;
  }

  #begin(column: number): void {
    this.#column = column;
    this.#movable = false;
    this.#blank = true;
  }

  #nextWord(): Shown {
    const word = this.end();
    this.#movable = true;
    return word;
  }
}

/** Without a blank before it: the next field of JSON, and a word of a script that has nothing between words. */
const beginsWord = (before: string, part: string): boolean =>
  (before === ',' && '"[{'.includes(part)) || (part > '~' && IDEOGRAPH.test(part));

const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** A text behind its head, or below it where the window has no room for both in a line. */
export function headed(head: Shown, text: Shown, columns = Number.POSITIVE_INFINITY): Shown[] {
  const both = ours`${head}  ${text}`;
  return widthOf(both) < columns ? [both] : [head.trimEnd() as Shown, ours`  ${text}`];
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
