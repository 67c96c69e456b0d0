import type { AuditLine, Verdict } from '@spendwise/sandbox/audit';

/** An audit log, and which of its lines belong to a run. */
export interface LogOfRun {
  readonly file: string;
  /** The number of lines when the run began. */
  readonly from: number;
  /** The number of lines when the next run with this log began. */
  readonly until: number;
  /** Nothing before it is on the page of another run. */
  readonly isFirst: boolean;
  /** Reads it once, from its start. Undefined if it is gone. */
  readonly walk: (onLine: (line: AuditLine) => void) => Verdict | undefined;
}

/** Lines about the servers of the session: they are on the page of each of its runs. */
const OF_SESSION: ReadonlySet<unknown> = new Set(['consent', 'start', 'tools_left_out', 'stop']);

export const isOfRun = ({ line, record }: AuditLine, { from, until, isFirst }: LogOfRun): boolean =>
  line <= until && (line > from || isFirst || OF_SESSION.has(record.event));
