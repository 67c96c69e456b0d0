import { partNumbers, readHead, readParts } from './files.ts';
import type { AuditLine } from './line.ts';
import { type Verdict, verifyChain } from './verify.ts';

/** Walks a log on disk, which may be written meanwhile. Undefined when there is nothing under that name. */
export function walkLog(log: string, onLine?: (line: AuditLine) => void): Verdict | undefined {
  // The head first: a log that goes on meanwhile is ahead of it, never behind.
  const head = readHead(log);
  if (head === undefined && partNumbers(log).length === 0) return undefined;
  return verifyChain(readParts(log), head, onLine);
}

export interface LogSummary extends Verdict {
  readonly file: string;
  /** ISO 8601 time of the first line; undefined without one. */
  readonly time: string | undefined;
  readonly servers: readonly string[];
  readonly denials: number;
}

/** What a list of logs shows of one. */
export function summarize(log: string): LogSummary | undefined {
  let time: string | undefined;
  let denials = 0;
  const servers = new Set<string>();
  const verdict = walkLog(log, ({ record }) => {
    time ??= String(record.time);
    if (typeof record.server === 'string') servers.add(record.server);
    if (isDenial(record)) denials += 1;
  });
  return verdict && { file: log, time, servers: [...servers], denials, ...verdict };
}

/** A refused permission or a connection that was not made. */
export const isDenial = ({ verdict }: Readonly<Record<string, unknown>>): boolean =>
  verdict === 'denied' || verdict === 'refused';
