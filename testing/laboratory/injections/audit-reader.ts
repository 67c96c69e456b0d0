import { runLogs } from '../../../agent/sandbox/audit/files.ts';
import { walkLog } from '../../../agent/sandbox/audit/read.ts';
import type { Evidence } from './evidence.ts';

/** What the audit logs of a state folder say, from one look to the next. */
export class AuditReader {
  readonly #stateDir: string;
  readonly #seen = new Map<string, number>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Throws when a log is not as it was written. */
  read(): Pick<Evidence, 'policy' | 'egress'> {
    const records: Readonly<Record<string, unknown>>[] = [];
    for (const log of runLogs(this.#stateDir)) {
      const seen = this.#seen.get(log) ?? 0;
      const verdict = walkLog(log, ({ line, record }) => {
        if (line > seen) records.push(record);
        this.#seen.set(log, line);
      });
      if (verdict?.problem !== undefined) throw new Error(`${log} is not as it was written`);
    }
    const said = (record: Readonly<Record<string, unknown>>, name: string) => String(record[name] ?? '');
    return {
      policy: records
        .filter(({ event }) => event === 'policy')
        .map((record) => ({
          tool: `${said(record, 'server')}.${said(record, 'tool')}`,
          verdict: said(record, 'verdict'),
          reason: said(record, 'reason'),
        })),
      egress: records
        .filter(({ event }) => event === 'egress')
        .map((record) => ({ host: said(record, 'host'), verdict: said(record, 'verdict') })),
    };
  }
}
