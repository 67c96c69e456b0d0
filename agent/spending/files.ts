import {
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { NOBODY } from '../nobody.ts';

/**
 * Makes a database's file when it is missing, for its owner alone. Root's belongs to the user as whom root's sandboxes
 * run, who would else be nobody to it: root may read and write it all the same.
 */
export function makeDatabaseFile(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  if (process.getuid?.() !== 0) return;
  try {
    chownSync(path, NOBODY.uid, NOBODY.gid);
  } catch {
    // A root of fewer rights: a sandbox that cannot read the file says so.
  }
}

/**
 * The rollback journal of a database, made when it is missing: SQLite needs it beside the file, to see that a change is
 * not complete, and a sandbox holds only what was there when it started. Empty means that there is nothing to roll back.
 * Undefined where it cannot be made, for then nobody here writes to the database either.
 */
export function journalOf(database: string): string | undefined {
  try {
    const path = `${realpathSync(database)}-journal`;
    if (existsSync(path)) return path;
    const { mode, uid, gid } = statSync(database);
    const file = openSync(path, 'a', 0o600);
    try {
      if (process.getuid?.() === 0) fchownSync(file, uid, gid);
      fchmodSync(file, mode & 0o666);
    } finally {
      closeSync(file);
    }
    return path;
  } catch {
    return undefined;
  }
}
