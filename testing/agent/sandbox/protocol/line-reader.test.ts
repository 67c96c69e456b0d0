import { expect, test } from 'vitest';
import { LineReader } from '../../../../agent/sandbox/protocol/line-reader.ts';
import { cost } from '../../../support/cost.ts';

test('reads a long line byte by byte cheaply and completely', async () => {
  const reader = new LineReader(10_000_000);
  expect([...reader.push(Buffer.alloc(5_000_000, 'x'))]).toEqual([]);
  const spent = await cost(() => {
    for (let n = 0; n < 100_000; n += 1) expect(reader.push(Buffer.from('y')).next().done).toBe(true);
  });
  expect(spent).toBeLessThan(3_000);
  const [line] = reader.push(Buffer.from('\r\n'));
  expect(line).toHaveLength(5_100_000);
  expect(line?.endsWith('yyy')).toBe(true);
});

test('joins characters that are cut', () => {
  const reader = new LineReader(100);
  const bytes = Buffer.from('„höchst" 🎉\nß\n');
  expect([...bytes].flatMap((byte) => [...reader.push(Buffer.from([byte]))])).toEqual(['„höchst" 🎉', 'ß']);
});

test('a line that is too long is an error, however it arrives', () => {
  expect(() => [...new LineReader(10).push(Buffer.from('12345678901\n'))]).toThrow(RangeError);
  const reader = new LineReader(10);
  expect([...reader.push(Buffer.from('1234567890\n12345'))]).toEqual(['1234567890']);
  expect(() => [...reader.push(Buffer.from('678901'))]).toThrow(RangeError);
});
