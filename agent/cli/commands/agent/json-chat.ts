import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { SpendwiseError } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import type { ServerEgress } from '../../../app/sandboxed-servers.ts';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import { RunRecorder, type RunReport } from '../../../runs/report.ts';
import type { OpenedSession } from '../../open-session.ts';
import { out } from '../../terminal/screen.ts';

/** `agent chat --json`: for each request one line on stdout, the object that `agent ask --json` prints. */
export class JsonChat {
  #recorder = new RunRecorder();
  #budgets: RunReport['budgets'] = [];

  /** What servers connect to before a request and between two stands in the next report. */
  readonly recordEgress = (event: ServerEgress): void => this.#recorder.recordEgress(event);

  /** Before a request is carried out: its report must not fail because the database has since. */
  begin({ session }: Pick<OpenedSession, 'session'>): void {
    this.#budgets = session.budgets();
  }

  record(event: AgentEvent): void {
    this.#recorder.record(event);
  }

  /** The exit code of the whole is that of the last request that failed. */
  end({ runtime, model, twilio }: OpenedSession, error?: SpendwiseError): void {
    const parts = { runtime: runtime.kind, model, twilio, budgets: this.#budgets };
    out.line(jsonLine(this.#recorder.report(parts, error)));
    this.#recorder = new RunRecorder();
    if (error !== undefined) process.exitCode = error.exitCode;
  }
}

/** A program's lines, one by one; undefined at the end. Rejects with the signal's reason. */
export function linesOf(input: Readable, signal: AbortSignal): () => Promise<string | undefined> {
  const reader = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal });
  const lines = reader[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    signal.throwIfAborted();
    return done ? undefined : value;
  };
}
