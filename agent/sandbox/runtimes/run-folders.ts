import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGone } from '../foundation/process-identity.ts';

const PREFIX = 'spendwise-run-';

/** A temporary folder for one run. Its name says which process made it. */
export const makeRunFolder = (): string => mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));

/** Removes the folders of processes that are gone. Returns how many. */
export function reapFolders(): number {
  let removed = 0;
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0] : undefined;
    // A folder does not say when its process started: while any process has that number, it stays.
    if (!pid || !isGone({ host: hostname(), pid: Number(pid), started: '' })) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
