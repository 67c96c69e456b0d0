import { LINE_ENDS } from './characters.ts';
import { MOST_BLANKS, type Shown, visible } from './shown.ts';

/**
 * Others' words that come in pieces: each of their lines begins with the margin, wherever the pieces were cut. A
 * character or a line end of which half may be missing waits for the next piece.
 */
export class StreamedLines {
  readonly #margin: Shown;
  #held = '';
  #blanks = 0;
  #midLine = false;

  constructor(margin: Shown) {
    this.#margin = margin;
  }

  take(piece: string): Shown {
    const text = this.#held + piece;
    this.#held = /[\ud800-\udbff]$|\u200d$|\r$/.exec(text)?.[0] ?? '';
    return this.#lines(this.#held === '' ? text : text.slice(0, -1));
  }

  /** What was held, and the end of the line that was begun. */
  end(): Shown {
    const rest = this.#lines(this.#held);
    this.#held = '';
    const shown = this.#midLine ? `${rest}\n` : rest;
    this.#midLine = false;
    this.#blanks = 0;
    return shown as Shown;
  }

  #lines(text: string): Shown {
    const [first = '', ...more] = text.split(LINE_ENDS);
    let out = this.#part(first);
    for (const line of more) {
      if (!this.#midLine) out += this.#margin.trimEnd();
      this.#midLine = false;
      this.#blanks = 0;
      out += `\n${this.#part(line)}`;
    }
    return out as Shown;
  }

  #part(text: string): string {
    const seen = visible(text, MOST_BLANKS);
    const leading = /^ */.exec(seen)?.[0].length ?? 0;
    const kept = seen.slice(Math.max(0, Math.min(leading, this.#blanks + leading - MOST_BLANKS)));
    if (kept === '') return '';
    this.#blanks = leading === seen.length ? this.#blanks + kept.length : (/ *$/.exec(kept)?.[0].length ?? 0);
    const margin = this.#midLine ? '' : this.#margin;
    this.#midLine = true;
    return margin + kept;
  }
}
