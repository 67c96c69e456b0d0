import { basename, join } from 'node:path';
import { readHead, runFolder, runLogs } from './files.ts';
import type { AuditEvent } from './line.ts';
import { walkLog } from './read.ts';
import type { Problem } from './verify.ts';

/** The record of removals: a log like that of a run, under a name that none has. */
export const removalsFile = (stateDir: string): string => join(runFolder(stateDir), 'removals');

/** What is written before a run is removed: enough to know it by, should a copy of it turn up. */
export function removalOf(log: string, servers: readonly string[], bytes: number): AuditEvent {
  const head = readHead(log);
  return { event: 'run_removed', run: runName(log), servers, lines: head?.lines, head: head?.hash, bytes };
}

export interface Removed {
  readonly count: number;
  /** ISO 8601 time of the latest removal; null when there was none. */
  readonly last: string | null;
  readonly problem: Problem | undefined;
}

/** What the record says. A run that is still there was not removed, though a crash may have come between. */
export function readRemovals(stateDir: string): Removed {
  const present = new Set(runLogs(stateDir).map(runName));
  const removed = new Set<unknown>();
  let last: string | null = null;
  const verdict = walkLog(removalsFile(stateDir), ({ record }) => {
    if (record.event !== 'run_removed' || present.has(String(record.run))) return;
    removed.add(record.run);
    last = String(record.time);
  });
  return { count: removed.size, last, problem: verdict?.problem };
}

const runName = (log: string): string => basename(log, '.jsonl');
