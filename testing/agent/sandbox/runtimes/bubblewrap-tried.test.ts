import { chmodSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  rememberThatItWentWell,
  trialKey,
  wentWell,
} from '../../../../agent/sandbox/runtimes/bubblewrap/tried.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const linux = test.skipIf(process.platform !== 'linux');

function tried() {
  const bwrap = join(temporaryFolder(), 'bwrap');
  writeFileSync(bwrap, 'one');
  const stateDir = temporaryFolder();
  const key = (words = ['--unshare-all'], switches: unknown[] = ['1']) => trialKey(bwrap, words, switches);
  rememberThatItWentWell(stateDir, key());
  return { bwrap, stateDir, key };
}

linux('a trial that went well is not repeated for the same bwrap, words and switches', () => {
  const { stateDir, key } = tried();
  expect(wentWell(stateDir, key())).toBe(true);
  expect(wentWell(stateDir, key(['--unshare-net']))).toBe(false);
  expect(wentWell(stateDir, key(undefined, ['0']))).toBe(false);
});

linux('another bwrap is tried out, though its size and its time of change look the same', async () => {
  const { bwrap, stateDir, key } = tried();
  // Longer than the clock of file systems takes to move on.
  await delay(20);
  const { atime, mtime } = statSync(bwrap);
  writeFileSync(bwrap, 'two');
  utimesSync(bwrap, atime, mtime);
  expect(wentWell(stateDir, key())).toBe(false);
});

linux('what others may have written is not believed, and no state folder is made', () => {
  const { stateDir, key } = tried();
  for (const name of readdirSync(stateDir)) chmodSync(join(stateDir, name), 0o666);
  expect(wentWell(stateDir, key())).toBe(false);
  const none = join(stateDir, 'none');
  rememberThatItWentWell(none, key());
  expect(wentWell(none, key())).toBe(false);
  expect(readdirSync(stateDir)).not.toContain('none');
});
