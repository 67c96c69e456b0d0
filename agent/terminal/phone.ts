import { plainText } from '../plain-text.ts';
import type { Theme } from './theme.ts';

const WIDTH = 36;

/** A text as it would appear on the phone. Width in UTF-16 units, which is right for what we send. */
export function phoneBubble(message: { body: string; from: string }, theme: Theme): string[] {
  const [tl, tr, bl, br, h, v] = theme.unicode
    ? ['╭', '╮', '╰', '╯', '─', '│']
    : ['+', '+', '+', '+', '-', '|'];
  const lines = plainText(message.body).split('\n').flatMap(wrap);
  return [
    theme.dim(`${tl}${h.repeat(WIDTH + 2)}${tr}`),
    ...[theme.dim(message.from.padEnd(WIDTH)), ...lines.map((line) => line.padEnd(WIDTH))].map(
      (line) => `${theme.dim(v)} ${line} ${theme.dim(v)}`,
    ),
    theme.dim(`${bl}${h.repeat(WIDTH + 2)}${br}`),
  ];
}

const wrap = (line: string): string[] => line.match(new RegExp(`.{1,${WIDTH}}`, 'gu')) ?? [''];
