import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failed } from '../foundation/errors.ts';
import { isGone, ownIdentity, ProcessIdentity } from '../foundation/process-identity.ts';

/** Another process is writing the log. */
export class LogInUse extends Failed {}

export interface Lock {
  release(): void;
}

/**
 * One writer a log. A lock whose process is gone is taken over: that of another start under the same number too, where
 * the system tells (Linux). Throws LogInUse, with what to do, while another writes.
 */
export function takeLock(file: string): Lock {
  for (const attempt of [1, 2]) {
    if (create(file)) return { release: () => rmSync(file, { force: true }) };
    const owner = readOwner(file);
    if (attempt === 2 || isHeld(owner)) throw busy(file, owner);
    removeStale(file);
  }
  throw busy(file, undefined);
}

/** Whether somebody writes, as far as can be told: an unreadable lock counts. */
export function isLocked(file: string): boolean {
  try {
    readFileSync(file);
  } catch {
    return false;
  }
  return isHeld(readOwner(file));
}

function create(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(ownIdentity()), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Of several that find a stale lock, one removes it: a lock that is taken meanwhile must not go with it. */
function removeStale(file: string): void {
  const guard = `${file}.stale`;
  if (!create(guard)) throw busy(guard, readOwner(guard));
  try {
    if (!isHeld(readOwner(file))) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function readOwner(file: string): ProcessIdentity | undefined {
  try {
    return ProcessIdentity.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** A lock without a readable owner may have just been created. */
const isHeld = (owner: ProcessIdentity | undefined): boolean => owner === undefined || !isGone(owner);

const busy = (file: string, owner: ProcessIdentity | undefined): LogInUse =>
  new LogInUse(
    owner === undefined
      ? `the audit log is in use: ${file}`
      : `the audit log is in use by process ${owner.pid} on ${owner.host}: ${file}`,
    'only one process can write a log: choose another file; if no process writes this one, remove the file named above',
  );
