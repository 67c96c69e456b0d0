import { rmSync, statSync } from 'node:fs';
import { Failed } from '../../errors.ts';
import { headFile, lockFile, partFile, partNumbers, runLogs } from './files.ts';
import { isLocked, takeLock } from './lock.ts';

/** All runs together. Far beyond what a year of daily runs needs. */
export const MAX_FOLDER_BYTES = 256 * 1024 * 1024;

/** Removes the oldest runs until the rest is within the limit; never one that is still being written. */
export function removeOldRuns(stateDir: string, limit = MAX_FOLDER_BYTES): void {
  const runs = runLogs(stateDir).map((log) => ({ log, bytes: sizeOf(log) }));
  let total = runs.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { log, bytes } of runs) {
    if (total <= limit) return;
    if (!isLocked(lockFile(log)) && removeRun(log)) total -= bytes;
  }
}

function removeRun(log: string): boolean {
  try {
    const lock = takeLock(lockFile(log));
    for (const part of partNumbers(log)) rmSync(partFile(log, part), { force: true });
    rmSync(headFile(log), { force: true });
    lock.release();
    return true;
  } catch (error) {
    // Somebody has just begun to write it.
    if (error instanceof Failed) return false;
    throw error;
  }
}

const sizeOf = (log: string): number =>
  partNumbers(log).reduce(
    (sum, part) => sum + (statSync(partFile(log, part), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
