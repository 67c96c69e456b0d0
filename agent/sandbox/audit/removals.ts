import { basename, join } from 'node:path';
import { readHead, runFolder, runLogs } from './files.ts';
import { type AuditEvent, fieldText } from './line.ts';
import { walkLog } from './read.ts';
import type { Problem } from './verify.ts';

/** The log of removed runs. No run can have this name. */
export const removalsFile = (stateDir: string): string => join(runFolder(stateDir), 'removals');

/** Recorded before a run is removed, with enough to recognise a copy of it later. */
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

/** Skips runs that still exist: a crash can come between the record and the removal. */
export function readRemovals(stateDir: string): Removed {
  const present = new Set(runLogs(stateDir).map(runName));
  const removed = new Set<unknown>();
  let last: string | null = null;
  const verdict = walkLog(removalsFile(stateDir), ({ record }) => {
    if (record.event !== 'run_removed' || present.has(fieldText(record.run))) return;
    removed.add(record.run);
    last = fieldText(record.time);
  });
  return { count: removed.size, last, problem: verdict?.problem };
}

const runName = (log: string): string => basename(log, '.jsonl');
