import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import { Streams } from './streams.ts';

/** A page as its connection looks from here. */
class Reader extends EventEmitter {
  writableLength = 0;
  readonly got: string[] = [];
  writeHead(): void {}
  write(text: string): void {
    this.got.push(text);
  }
  destroy(): void {
    this.emit('close');
  }
}
const asResponse = (reader: Reader) => reader as unknown as ServerResponse;

test('a page that stops reading is let go; the others go on', () => {
  const streams = new Streams(1_000, () => {});
  const [slow, other] = [new Reader(), new Reader()];
  for (const reader of [slow, other]) streams.add(asResponse(reader), {});
  slow.writableLength = 2 * 1024 * 1024;
  streams.send({ n: 1 });
  expect([slow.got, other.got, streams.size]).toEqual([[], ['data: {"n":1}\n\n'], 1]);
  streams.close();
  expect(streams.size).toBe(0);
});

test('looks and heartbeats run only while a page is open', () => {
  vi.useFakeTimers();
  try {
    const look = vi.fn();
    const streams = new Streams(1_000, look);
    expect(vi.getTimerCount()).toBe(0);
    const reader = new Reader();
    streams.add(asResponse(reader), {});
    vi.advanceTimersByTime(16_000);
    expect(look).toHaveBeenCalledTimes(16);
    expect(reader.got).toEqual([':\n\n']);
    streams.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
