import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type AuditLine, decodeLine } from './line.ts';

const STEP = 64 * 1024;

export interface Tail {
  /** Undefined when there is no whole line. */
  readonly last: AuditLine | 'unreadable' | undefined;
  /** The bytes after the last line feed: a line whose write was interrupted. */
  readonly torn: Buffer;
  /** Bytes up to the last line feed. */
  readonly size: number;
}

/** Reads the end of a file of any size: only the last line, and an interrupted line after it. */
export function readTail(file: string): Tail {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    for (let length = Math.min(STEP, size); ; length = Math.min(length * 2, size)) {
      const end = Buffer.alloc(length);
      const read = readSync(descriptor, end, 0, length, size - length);
      const bytes = end.subarray(0, read);
      const lastFeed = bytes.lastIndexOf(10);
      const feedBefore = lastFeed > 0 ? bytes.lastIndexOf(10, lastFeed - 1) : -1;
      const whole = length === size;
      if (!whole && (lastFeed < 0 || feedBefore < 0)) continue;
      const torn = bytes.subarray(lastFeed + 1);
      const last =
        lastFeed < 0 ? undefined : (decodeLine(bytes.subarray(feedBefore + 1, lastFeed)) ?? 'unreadable');
      return { last, torn, size: size - torn.length };
    }
  } finally {
    closeSync(descriptor);
  }
}
