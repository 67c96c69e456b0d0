import { ours, padded, type Shown, shown, shownLines } from '../../agent/sandbox/foundation/shown/shown.ts';
import type { Theme } from '../../agent/sandbox/terminal/theme.ts';

const WIDTH = 36;

/** A text as the phone shows it. The width is in UTF-16 units, which is right for the texts of the demo. */
export function phoneBubble(message: { body: string; from: string }, theme: Theme): Shown[] {
  const body = shownLines(message.body, ours``);
  if (theme.plain)
    return [
      ours`A text from ${shown(message.from)}:`,
      ...(body.split('\n') as Shown[]).map((line) => ours`  ${line}`),
    ];
  const [tl, tr, bl, br, h, v] = theme.unicode
    ? [ours`╭`, ours`╮`, ours`╰`, ours`╯`, ours`─`, ours`│`]
    : [ours`+`, ours`+`, ours`+`, ours`+`, ours`-`, ours`|`];
  const lines = body.split('\n').flatMap(wrap);
  const rule = h.repeat(WIDTH + 2) as Shown;
  return [
    theme.dim(ours`${tl}${rule}${tr}`),
    ...[theme.dim(padded(shown(message.from), WIDTH)), ...lines.map((line) => padded(line, WIDTH))].map(
      (line) => ours`${theme.dim(v)} ${line} ${theme.dim(v)}`,
    ),
    theme.dim(ours`${bl}${rule}${br}`),
  ];
}

const wrap = (line: string): Shown[] => (line.match(new RegExp(`.{1,${WIDTH}}`, 'gu')) ?? ['']) as Shown[];
