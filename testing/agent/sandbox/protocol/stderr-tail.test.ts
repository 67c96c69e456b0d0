import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StderrTail } from '../../../../agent/sandbox/protocol/stderr-tail.ts';

const SECRET = 'sk-live-4f9c2d7e81';

async function linesOf(pieces: readonly string[], secrets: readonly string[] = [SECRET]) {
  const stderr = new PassThrough();
  const lines: string[] = [];
  new StderrTail(stderr, secrets, (line) => void lines.push(line));
  for (const piece of pieces) {
    stderr.write(piece);
    await setImmediate();
  }
  stderr.end();
  await setImmediate();
  return lines;
}

test('joins lines that were cut, also the last one', async () => {
  expect(await linesOf(['a', 'b\nc\n', '\nd'])).toEqual(['ab', 'c', '', 'd']);
});

test('removes a granted value, however it was cut', async () => {
  expect(await linesOf([`token ${SECRET.slice(0, 5)}`, `${SECRET.slice(5)} it is\n`])).toEqual([
    'token [granted value] it is',
  ]);
});

test('removes a granted value of several lines line by line', async () => {
  const key = 'first-line-of-it\nsecond-line-of-it';
  expect(await linesOf([`${key}\n`], [key])).toEqual(['[granted value]', '[granted value]']);
});

test.each(Array.from({ length: 40 }, (_, at) => 8_192 - 20 + at))(
  'cuts a line that is too long, and leaves no piece of a value at character %i',
  async (at) => {
    const long = `${'x'.repeat(at)}${SECRET}${'y'.repeat(200_000)}\nnext\n`;
    const [first = '', ...rest] = await linesOf([long]);
    expect(first.length).toBeLessThan(8_300);
    expect(first).not.toMatch(/sk-l/);
    expect(rest).toEqual(['next']);
  },
);

test('leaves no piece of a value at the end of a long line with many values', async () => {
  const [first = ''] = await linesOf([`${SECRET}.`.repeat(20_000)]);
  expect(first.replaceAll('[granted value]', '')).not.toMatch(/sk|live|4f9c|7e81/);
});

test('passes on endless output up to a limit', async () => {
  const lines = await linesOf(Array.from({ length: 40 }, () => `${'x'.repeat(999)}\n`.repeat(1_000)));
  expect(lines.length).toBeLessThan(17_000);
  expect(lines.at(-1)).toMatch(/the rest is left out/);
});
