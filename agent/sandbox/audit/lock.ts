import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { Failed } from '../../errors.ts';

const Owner = z.strictObject({ host: z.string(), pid: z.number().int(), started: z.string() });
type Owner = z.infer<typeof Owner>;

export interface Lock {
  release(): void;
}

/**
 * One writer a log. A lock whose process is gone is taken over: that of another start under the same number too, where
 * the system tells (Linux). Throws Failed, with what to do, while another writes.
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
  const owner: Owner = { host: hostname(), pid: process.pid, started: startOf(process.pid) };
  try {
    writeFileSync(file, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
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

function readOwner(file: string): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** An owner that cannot be read may just be writing its name. */
function isHeld(owner: Owner | undefined): boolean {
  if (owner === undefined || owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const started = startOf(owner.pid);
  return started === '' || owner.started === '' || started === owner.started;
}

/** Clock ticks after boot at which a process started; empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    // The second field, a name, may hold anything; field 22 is the twentieth behind it.
    return /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

const busy = (file: string, owner: Owner | undefined): Failed =>
  new Failed(
    owner === undefined
      ? `the audit log is in use: ${file}`
      : `the audit log is in use by process ${owner.pid} on ${owner.host}: ${file}`,
    'one process writes a log: give another file; if nobody writes this one, remove the file named above',
  );
