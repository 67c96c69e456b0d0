import { expect, test } from 'vitest';
import { plainText } from '../../../../../agent/sandbox/foundation/plain-text.ts';
import { changedPart } from '../../../../../agent/sandbox/foundation/shown/changed-part.ts';
import { jsonLine } from '../../../../../agent/sandbox/foundation/shown/json-line.ts';
import { ours, quoted, shown, shownLines } from '../../../../../agent/sandbox/foundation/shown/shown.ts';
import { StreamedLines } from '../../../../../agent/sandbox/foundation/shown/streamed-lines.ts';
import { wrapped } from '../../../../../agent/sandbox/foundation/shown/wrapped.ts';

const MARGIN = ours`| `;
const FUNCTIONS: Record<string, (text: string) => unknown> = {
  plainText,
  shown: (text) => shown(text),
  'shown, all of it': (text) => shown(text, text.length),
  shownLines: (text) => shownLines(text, MARGIN, { lines: 1e9, characters: 1e9 }),
  StreamedLines: (text) => new StreamedLines(MARGIN).take(text),
  wrapped: (text) => wrapped(ours`a ${shown(text, text.length)}`, 50, MARGIN),
  'wrapped, of a window without end': (text) => wrapped(ours`a ${shown(text, text.length)}`, 1e9, MARGIN),
  quoted: (text) => quoted(text),
  jsonLine,
  changedPart: (text) => changedPart(`${text}a${text}`, `${text}b${text}`),
};
const UNITS = [
  ' ',
  ' \n',
  '\n',
  '\r',
  '\u001b]',
  '\u001b[1',
  '\u001b[;',
  '\u009d',
  '\u001b\\\u001bP',
  '\u0301',
  '\u200d',
  '\ud83d',
  '\u{e0041}',
  '"\\',
];

/** Processor time in ms: what else runs on the machine does not count. */
function cost(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test.each(Object.keys(FUNCTIONS))('%s takes ten times as long for ten times the input', (name) => {
  const work = FUNCTIONS[name] ?? (() => {});
  for (const unit of UNITS) {
    const text = (length: number) => unit.repeat(length / unit.length);
    work(text(10_000));
    const short = Math.min(...[1, 2].map(() => cost(() => work(text(30_000)))));
    const long = cost(() => work(text(300_000)));
    // Quadratic would be a hundred times as long, and seconds.
    expect(long, `${JSON.stringify(unit)}: ${short} ms, ${long} ms`).toBeLessThan(Math.max(500, short * 50));
  }
});
