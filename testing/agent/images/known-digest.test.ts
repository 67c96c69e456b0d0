import { renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { knownDigest } from '../../../agent/images/known-digest.ts';
import { temporaryFolder } from '../../support/folder.ts';

const LATER_MS = 10_000;
/** Longer than the clock of file systems takes to move on. */
const TICK_MS = 20;

afterEach(() => void vi.restoreAllMocks());

function source() {
  const folder = temporaryFolder();
  const file = join(folder, 'source.ts');
  writeFileSync(file, 'one');
  const read = vi.fn(() => 'a-digest');
  return { file, read, digest: () => knownDigest([file], join(folder, 'seen'), read) };
}

/** As if the file had not been touched for a while. */
const later = () => vi.spyOn(Date, 'now').mockReturnValue(Date.now() + LATER_MS);

test('sources that nobody touched are read once', () => {
  const { read, digest } = source();
  later();
  expect([digest(), digest()]).toEqual(['a-digest', 'a-digest']);
  expect(read).toHaveBeenCalledTimes(1);
});

test.each([
  ['written to', (file: string) => writeFileSync(file, 'two')],
  [
    'replaced',
    (file: string) => {
      writeFileSync(`${file}.new`, 'two');
      renameSync(`${file}.new`, file);
    },
  ],
])(
  'a source that was %s is read again, though its size and its time of change look the same',
  async (_, change) => {
    const { file, read, digest } = source();
    later();
    digest();
    await delay(TICK_MS);
    const { atime, mtime } = statSync(file);
    change(file);
    utimesSync(file, atime, mtime);
    read.mockReturnValue('another');
    expect(digest()).toBe('another');
  },
);

test('a source that was changed just now is not relied on', () => {
  const { read, digest } = source();
  digest();
  digest();
  expect(read).toHaveBeenCalledTimes(2);
});
