import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { SpendwiseError } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import type { ServerEgress } from '../../../app/sandboxed-servers.ts';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import { RunRecorder, type RunReport } from '../../../runs/report.ts';
import type { OpenedSession } from '../../open-session.ts';

/** `agent chat --json`: for each request, prints the object of `agent ask --json` on one line. */
export class JsonChat {
  #recorder = new RunRecorder();
  #budgets: RunReport['budgets'] = [];

  /** Connections before a request are part of its report. */
  readonly recordEgress = (event: ServerEgress): void => this.#recorder.recordEgress(event);

  /** Reads the budgets now, so that the report does not fail if the database does later. */
  begin({ session }: Pick<OpenedSession, 'session'>): void {
    this.#budgets = session.budgets();
  }

  record(event: AgentEvent): void {
    this.#recorder.record(event);
  }

  /** The exit code is that of the last request that failed. */
  end({ runtime, model, twilio }: OpenedSession, error?: SpendwiseError): void {
    const parts = { runtime: runtime.kind, model, twilio, budgets: this.#budgets };
    out.line(jsonLine(this.#recorder.report(parts, error)));
    this.#recorder = new RunRecorder();
    if (error !== undefined) process.exitCode = error.exitCode;
  }
}

/** Reads lines one by one. Undefined at the end. Rejects with the reason of the signal. */
export function linesOf(input: Readable, signal: AbortSignal): () => Promise<string | undefined> {
  const reader = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal });
  const lines = reader[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    signal.throwIfAborted();
    return done ? undefined : value;
  };
}
