import { chownSync, closeSync, existsSync, openSync } from 'node:fs';
import { NOBODY } from '@spendwise/sandbox/foundation';

/**
 * Creates the file if it is missing, for its owner only. If root creates it, it belongs to the user of root's
 * sandboxes, who could not read it otherwise.
 */
export function makeDatabaseFile(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  if (process.getuid?.() !== 0) return;
  try {
    chownSync(path, NOBODY.uid, NOBODY.gid);
  } catch {
    // Root with fewer capabilities. A sandbox that cannot read the file reports that.
  }
}
