import { chownSync, closeSync, existsSync, openSync } from 'node:fs';
import { NOBODY } from '@spendwise/sandbox/foundation';

/**
 * Makes a database's file when it is missing, for its owner alone. Root's belongs to the user as whom root's sandboxes
 * run, who could not read it otherwise: root may read and write it all the same.
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
