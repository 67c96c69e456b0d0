import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChainEnd } from '../../../../agent/sandbox/audit/line.ts';
import { decodeLine, START } from '../../../../agent/sandbox/audit/line.ts';
import type { ProblemKind } from '../../../../agent/sandbox/audit/verify.ts';
import { verifyChain } from '../../../../agent/sandbox/audit/verify.ts';
import { chain, forgedLine, toolCall, verifyLines } from '../../../support/audit.ts';
import { cases } from '../../../support/in-full.ts';

const { lines, head } = chain(['a', 'b', 'c', 'd', 'e'].map(toolCall));
const [one, two, three, four, five] = lines as [Buffer, Buffer, Buffer, Buffer, Buffer];

/** A line that is right in itself, after the given one. */
const forged = (after: Buffer | undefined, tool = 'forged'): Buffer => {
  const decoded = after && decodeLine(after.subarray(0, -1));
  const end: ChainEnd = decoded ? { lines: decoded.line, hash: decoded.hash } : START;
  return chain([toolCall(tool)], end).lines[0] as Buffer;
};
const edited = (line: Buffer, from: string, to: string) => Buffer.from(String(line).replace(from, to));
const wrongPrev = chain([toolCall('forged')], { lines: 2, hash: 'f'.repeat(64) }).lines[0] as Buffer;

test('accepts an unchanged log', () => {
  expect(verifyLines(head, lines)).toEqual({ lines: 5, problem: undefined, afterHead: 0 });
  expect(verifyLines({ ...head, part: 3 }, lines.slice(0, 2), [], lines.slice(2))).toMatchObject({
    lines: 5,
    problem: undefined,
  });
});

test('a line nested so deep that reading it could end a program is none', () => {
  const nested = (depth: number) => forgedLine({ event: `${'['.repeat(depth)}${']'.repeat(depth)}` });
  expect(decodeLine(Buffer.from(nested(10).trimEnd()))).toBeDefined();
  expect(decodeLine(Buffer.from(nested(5_000).trimEnd()))).toBeUndefined();
});

test.each<[string, readonly Buffer[], ProblemKind, number]>([
  ['a text is another', [one, two, edited(three, '"c"', '"x"'), four, five], 'changed line', 3],
  ['a space is added', [one, edited(two, '{', '{ '), three, four, five], 'changed line', 2],
  ['a hash is another', [one, two, three, edited(four, '"}', '0"}'), five], 'changed line', 4],
  ['an empty line is added', [one, Buffer.from('\n'), two, three, four, five], 'changed line', 2],
  ['the first line is gone', lines.slice(1), 'line removed', 1],
  ['a line in the middle is gone', [one, two, four, five], 'line removed', 3],
  ['several lines are gone', [one, five], 'line removed', 2],
  ['the tail is gone', [one, two, three], 'cut off', 4],
  ['everything is gone', [], 'cut off', 1],
  ['the tail is cut in a line', [one, two, three, four.subarray(0, 20)], 'cut off', 4],
  ['the last line feed is gone', [one, two, three, four, five.subarray(0, -1)], 'cut off', 5],
  ['neighbours are swapped', [one, three, two, four, five], 'reordered', 2],
  ['first and last are swapped', [five, two, three, four, one], 'reordered', 1],
  ['a line is moved up', [four, one, two, three, five], 'reordered', 1],
  ['a line is moved down', [one, three, four, two, five], 'reordered', 2],
  ['a line stands there twice', [one, two, two, three, four, five], 'line inserted', 3],
  ['the last line stands there twice', [...lines, five], 'line inserted', 6],
  ['the first line comes again', [one, two, three, one, four, five], 'line inserted', 4],
  [
    'a forged line, right in itself, is put in',
    [one, two, forged(two), three, four, five],
    'line inserted',
    3,
  ],
  ['a forged line takes the place of another', [one, two, forged(two), four, five], 'changed line', 3],
  ['a forged line does not know the one before', [one, two, wrongPrev, four, five], 'changed line', 3],
  ['a forged line takes the place of the first', [forged(undefined), two, three], 'changed line', 1],
  ['a forged line takes the place of the last', [one, two, three, four, forged(four)], 'rewritten', 5],
  [
    'all is rewritten from a line on',
    [
      one,
      two,
      ...chain(['x', 'y', 'z'].map(toolCall), {
        lines: 2,
        hash: decodeLine(two.subarray(0, -1))?.hash ?? '',
      }).lines,
    ],
    'rewritten',
    5,
  ],
  ['it is no log at all', [Buffer.from('no JSON\n')], 'changed line', 1],
  ['it is binary', [Buffer.alloc(3_000_000, 0xff)], 'changed line', 1],
])('finds and locates: %s', (_what, tampered, kind, line) => {
  expect(verifyLines(head, tampered)).toMatchObject({ lines: line - 1, problem: { kind, line } });
});

describe('parts', () => {
  const parts = [lines.slice(0, 2), lines.slice(2, 4), lines.slice(4)];
  const verify = (...numbers: number[]) =>
    verifyChain(
      numbers.map((number) => ({ number, bytes: parts[number - 1] ?? [] })),
      { ...head, part: 3 },
    ).problem;
  test.each([
    [[2, 3], 1, 1],
    [[1, 3], 2, 3],
    [[1, 2], 3, 5],
    [[], 1, 1],
  ])('of which only %j are left', (numbers, part, line) => {
    expect(verify(...numbers)).toEqual({ kind: 'part missing', part, line });
  });
  test('a problem is located in its part', () => {
    expect(verifyLines({ ...head, part: 2 }, [one, two], [four, three, five]).problem).toEqual({
      kind: 'reordered',
      part: 2,
      line: 3,
    });
    expect(verifyLines({ ...head, part: 2 }, [one, forged(one)], [three, four, five]).problem).toEqual({
      kind: 'changed line',
      part: 1,
      line: 2,
    });
    expect(
      verifyLines({ ...head, part: 2 }, [one, two.subarray(0, 50)], [three, four, five]).problem,
    ).toEqual({
      kind: 'changed line',
      part: 2,
      line: 2,
    });
  });
});

test('after a crash, accepts a log ahead of its head, and reports a torn last line', () => {
  const behind = chain(['a', 'b', 'c', 'd'].map(toolCall)).head;
  expect(verifyLines(behind, lines)).toEqual({ lines: 5, problem: undefined, afterHead: 1 });
  expect(verifyLines(behind, [one, two, three, four, five.subarray(0, 40)]).problem).toEqual({
    kind: 'torn last line',
    line: 5,
    part: 1,
  });
});

test('without a head, reports that lines may be cut off', () => {
  expect(verifyLines(undefined, lines)).toMatchObject({ lines: 5, problem: { kind: 'head missing' } });
});

/** Random logs: random texts, cut into random parts. */
const log = fc
  .array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 1, maxLength: 12 })
  .map((tools) => chain(tools.map(toolCall)));
const lineOf = (all: readonly Buffer[], byte: number) =>
  Buffer.concat(all).toString('latin1', 0, byte).split('\n').length;

test('finds any changed byte, in its line', () => {
  fc.assert(
    fc.property(log, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ lines: all, head: end }, at, xor) => {
      const bytes = Buffer.concat(all);
      const byte = at % bytes.length;
      bytes[byte] = (bytes[byte] as number) ^ xor;
      expect(verifyLines(end, [bytes]).problem?.line).toBe(lineOf(all, byte));
    }),
    { numRuns: cases(2_000) },
  );
});

test('finds any removed or inserted byte, in its line', () => {
  fc.assert(
    fc.property(log, fc.nat(), fc.option(fc.nat({ max: 255 })), ({ lines: all, head: end }, at, add) => {
      const bytes = Buffer.concat(all);
      const byte = at % bytes.length;
      const rest = bytes.subarray(add === null ? byte + 1 : byte);
      const changed = [bytes.subarray(0, byte), Buffer.from(add === null ? [] : [add]), rest];
      const { problem } = verifyLines(end, changed);
      // A line feed before a line feed leaves that line whole, and puts an empty one after it.
      const after = add === 10 && bytes[byte] === 10 ? 1 : 0;
      expect(problem?.line).toBe(lineOf(all, byte) + after);
    }),
    { numRuns: cases(2_000) },
  );
});

test('finds removed, swapped or doubled lines, at their place', () => {
  fc.assert(
    fc.property(log, fc.nat(), fc.nat(), ({ lines: all, head: end }, a, b) => {
      const [from, to] = [a % all.length, b % all.length].sort((x, y) => x - y) as [number, number];
      expect(verifyLines(end, all.toSpliced(from, to - from + 1)).problem).toMatchObject({
        kind: to === all.length - 1 ? 'cut off' : 'line removed',
        line: from + 1,
      });
      expect(verifyLines(end, all.toSpliced(to + 1, 0, all[from] as Buffer)).problem).toMatchObject({
        kind: 'line inserted',
        line: to + 2,
      });
      if (from === to) return;
      const swapped = all.with(from, all[to] as Buffer).with(to, all[from] as Buffer);
      expect(verifyLines(end, swapped).problem).toMatchObject({ kind: 'reordered', line: from + 1 });
    }),
    { numRuns: cases(2_000) },
  );
});

test('accepts a log however it is cut into parts and read in pieces', () => {
  fc.assert(
    fc.property(log, fc.array(fc.nat({ max: 4 })), fc.integer({ min: 1, max: 200 }), (made, sizes, piece) => {
      const parts: Buffer[][] = [];
      let rest = made.lines;
      for (const size of sizes) {
        parts.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      parts.push([...rest]);
      const pieces = parts.map((part, at) => {
        const bytes = Buffer.concat(part);
        const cut = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, n) =>
          bytes.subarray(n * piece, (n + 1) * piece),
        );
        return { number: at + 1, bytes: cut };
      });
      const verdict = verifyChain(pieces, { ...made.head, part: parts.length });
      expect(verdict).toEqual({ lines: made.lines.length, problem: undefined, afterHead: 0 });
    }),
    { numRuns: 500 },
  );
});
