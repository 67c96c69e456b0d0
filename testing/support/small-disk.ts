import { spawnSync } from 'node:child_process';
import { onTestFinished, test } from 'vitest';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('SKIPPED: full disks; only root can make a small one\n');

/** A test with a disk of its own, which only root can make. */
export const testWithDisk = test.skipIf(!isRoot);

/** Makes the folder a small disk, until the test is over. False, loudly, where this cannot be done. */
export function smallDisk(folder: string, size: string): boolean {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `mode=700,size=${size}`, 'tmpfs', folder]);
  if (mounted.status !== 0) process.stderr.write(`SKIPPED: a full disk: ${mounted.stderr}`);
  else onTestFinished(() => void spawnSync('umount', [folder]));
  return mounted.status === 0;
}
