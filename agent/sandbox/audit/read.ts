import { partNumbers, readHead, readParts } from './files.ts';
import { type AuditLine, fieldText } from './line.ts';
import { type Verdict, verifyChain } from './verify.ts';

/** Verifies a log on disk; another process may be writing it. Undefined when there is no such log. */
export function walkLog(log: string, onLine?: (line: AuditLine) => void): Verdict | undefined {
  // Read the head first: a log that is being written is then ahead of its head, never behind.
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

/** One row of a list of logs. Undefined when there is no such log. */
export function summarize(log: string): LogSummary | undefined {
  let time: string | undefined;
  let denials = 0;
  const servers = new Set<string>();
  const verdict = walkLog(log, ({ record }) => {
    time ??= fieldText(record.time);
    if (typeof record.server === 'string') servers.add(record.server);
    if (isDenial(record)) denials += 1;
  });
  return verdict && { file: log, time, servers: [...servers], denials, ...verdict };
}

/** A refused permission, a connection that was not made, or a call that did not reach the server. */
export const isDenial = ({ verdict, denied }: Readonly<Record<string, unknown>>): boolean =>
  verdict === 'denied' || verdict === 'refused' || denied !== undefined;
