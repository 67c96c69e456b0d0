import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { openToRead, readDatabase } from './database.ts';
import { DatabaseUnusable, explain } from './database-unusable.ts';

/** Another program may hold the database for so long. */
const LOCKED_MS = 30_000;

/**
 * Copies the database while others read and write it. The copy is complete and checked, for its owner only, and never
 * written over another file. Its size. Rejects with DatabaseUnusable, or the reason of the signal.
 */
export async function backupDatabase(path: string, file: string, signal: AbortSignal): Promise<number> {
  const db = openToRead(path);
  // A copy that was broken off must not look like one.
  const fresh = `${file}.${process.pid}.tmp`;
  try {
    makeOwn(file);
    try {
      // Left by a killed backup of a process with the same number.
      rmSync(fresh, { force: true });
      makeOwn(fresh);
      await db.backup(fresh, { progress: pace(signal) });
      check(path, fresh);
      renameSync(fresh, file);
    } catch (error) {
      for (const own of [file, fresh, `${fresh}-journal`]) rmSync(own, { force: true });
      throw error;
    }
    return statSync(file).size;
  } catch (error) {
    throw explain(error, path);
  } finally {
    db.close();
  }
}

function makeOwn(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'EEXIST'
      ? new DatabaseUnusable(`${file} exists already`, 'name another file: a backup replaces none', error)
      : new DatabaseUnusable(`${file} cannot be written`, 'check the folder and its permissions', error);
  }
}

/**
 * The pages of the next step. A write by another program makes SQLite start again, so steps grow until one of them is
 * enough. Writers wait during a step only.
 */
function pace(signal: AbortSignal) {
  let [pages, left, since] = [500, -1, Date.now()];
  return ({ remainingPages }: { remainingPages: number }): number => {
    signal.throwIfAborted();
    if (remainingPages !== left) [left, since] = [remainingPages, Date.now()];
    else if (Date.now() - since > LOCKED_MS)
      throw new DatabaseUnusable(
        'the database is locked by another program',
        'close it there, then try again',
      );
    pages = Math.min(pages * 2, 1_000_000_000);
    return pages;
  };
}

function check(path: string, copy: string): void {
  const state = readDatabase(copy, (db) => String(db.pragma('integrity_check(1)', { simple: true })));
  if (state !== 'ok')
    throw new DatabaseUnusable(
      `${path} is damaged: ${state}`,
      'restore it from an earlier copy; none was made now',
    );
}
