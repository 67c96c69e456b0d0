import { rmSync, statSync } from 'node:fs';
import { type LogFiles, lockFile, readPieces, runFiles } from './files.ts';
import { type AuditEvent, decodeLine } from './line.ts';
import { isLocked, LogInUse, takeLock } from './lock.ts';
import { removalOf, removalsFile } from './removals.ts';
import { cutLines } from './verify.ts';

/** Limit for all ended runs together. A year of daily runs needs far less. */
export const MAX_FOLDER_BYTES = 256 * 1024 * 1024;
/** The server names are in these first bytes of a run. */
const FIRST_BYTES = 16 * 1024;

/** Where removals are recorded. */
export interface Removals {
  append(event: AuditEvent): void;
  close(): void;
}

interface EndedRun extends LogFiles {
  readonly bytes: number;
}

/**
 * Removes ended runs until they are within the limit. It always takes the oldest run of the server whose runs use the most
 * space, so that one server cannot push out the runs of others. Each removal is recorded before it is done. A run that is
 * being written is neither removed nor counted.
 */
export function removeOldRuns(
  stateDir: string,
  openRemovals: (file: string) => Removals,
  limit = MAX_FOLDER_BYTES,
): void {
  const all = runFiles(stateDir).map((run) => ({ ...run, bytes: sizeOf(run) }));
  if (sum(all) <= limit) return;
  const ended = all.filter(({ log }) => !isLocked(lockFile(log)));
  if (sum(ended) <= limit) return;
  const removals = unlessInUse(() => openRemovals(removalsFile(stateDir)));
  // Another process is removing runs.
  if (removals === undefined) return;
  try {
    const groups = groupByServers(ended);
    for (let total = sum(ended); total > limit; ) {
      const largest = groups.reduce((most, group) => (group.bytes > most.bytes ? group : most));
      const oldest = largest.runs.shift();
      if (oldest === undefined) return;
      total -= oldest.bytes;
      largest.bytes -= oldest.bytes;
      removeRun(oldest, removalOf(oldest.log, largest.servers, oldest.bytes), removals);
    }
  } finally {
    removals.close();
  }
}

function removeRun({ log, files }: EndedRun, removal: AuditEvent, removals: Removals): void {
  const lock = unlessInUse(() => takeLock(lockFile(log)));
  // Another process has just begun to write it.
  if (lock === undefined) return;
  try {
    removals.append(removal);
    for (const file of files) rmSync(file, { force: true });
  } finally {
    lock.release();
  }
}

interface Group {
  readonly servers: readonly string[];
  /** Oldest first. */
  readonly runs: EndedRun[];
  bytes: number;
}

/** Groups by server and manifest: a hostile server could choose the name of another. */
function groupByServers(runs: readonly EndedRun[]): Group[] {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const manifests = manifestsIn(run);
    const key = JSON.stringify(manifests);
    const group = groups.get(key) ?? { servers: manifests.map(([server]) => server), runs: [], bytes: 0 };
    group.runs.push(run);
    group.bytes += run.bytes;
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The servers in the first lines of a run, with the digest of each manifest. Empty for a damaged run. */
function manifestsIn({ log, files }: EndedRun): [server: string, manifest: string][] {
  const manifests = new Map<string, string>();
  const [piece = Buffer.alloc(0)] = files.includes(log) ? readPieces(log).take(1) : [];
  for (const { bytes } of cutLines([piece.subarray(0, FIRST_BYTES)])) {
    const { server, manifest } = decodeLine(bytes)?.record ?? {};
    if (typeof server !== 'string') continue;
    manifests.set(server, typeof manifest === 'string' ? manifest : (manifests.get(server) ?? ''));
  }
  return [...manifests].sort(([a], [b]) => (a < b ? -1 : 1));
}

function unlessInUse<T>(take: () => T): T | undefined {
  try {
    return take();
  } catch (error) {
    if (error instanceof LogInUse || (error instanceof Error && error.cause instanceof LogInUse))
      return undefined;
    throw error;
  }
}

const sum = (runs: readonly EndedRun[]): number => runs.reduce((total, { bytes }) => total + bytes, 0);

const sizeOf = ({ files }: LogFiles): number =>
  files.reduce((total, file) => total + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
