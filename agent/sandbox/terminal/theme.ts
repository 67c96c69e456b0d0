import { styleText } from 'node:util';
import { plainly } from '../foundation/plainly.ts';
import type { Shown } from '../foundation/shown/shown.ts';

export type Style = (text: Shown) => Shown;

export interface Theme {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly yellow: Style;
  readonly green: Style;
  readonly cyan: Style;
  /** For a warning that must not be overlooked. */
  readonly alarm: Style;
  readonly unicode: boolean;
  /** Words in place of bars, columns and symbols, for screen readers. Then there are no colours either. */
  readonly plain: boolean;
  /** A line may be drawn over and over, which shows that something goes on. */
  readonly animated: boolean;
}

/** Colours for one stream. Off for `--plain`, NO_COLOR, TERM=dumb and anything that is not a terminal; so is animation. */
export function themeFor(stream: NodeJS.WriteStream): Theme {
  const style =
    (...format: Parameters<typeof styleText>[0][]): Style =>
    (text) =>
      plainly()
        ? text
        : (styleText(format.flat() as Parameters<typeof styleText>[0], text, { stream }) as Shown);
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    yellow: style('yellow'),
    green: style('green'),
    cyan: style('cyan'),
    alarm: style('bold', 'red'),
    // Asked each time: a theme may be made before the command line was read.
    get unicode() {
      return !plainly() && process.env.TERM !== 'dumb' && /utf-?8/i.test(locale());
    },
    get plain() {
      return plainly();
    },
    get animated() {
      return !plainly() && stream.isTTY && stream.hasColors();
    },
  };
}

const locale = (): string => process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || 'UTF-8';
