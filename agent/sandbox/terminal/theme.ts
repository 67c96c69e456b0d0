import { styleText } from 'node:util';
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
}

/** Colours for one stream. Off for NO_COLOR, TERM=dumb and anything that is not a terminal. */
export function themeFor(stream: NodeJS.WriteStream): Theme {
  const style =
    (...format: Parameters<typeof styleText>[0][]): Style =>
    (text) =>
      styleText(format.flat() as Parameters<typeof styleText>[0], text, { stream }) as Shown;
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    yellow: style('yellow'),
    green: style('green'),
    cyan: style('cyan'),
    alarm: style('bold', 'red'),
    unicode: process.env.TERM !== 'dumb' && /utf-?8/i.test(locale()),
  };
}

const locale = (): string => process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || 'UTF-8';
