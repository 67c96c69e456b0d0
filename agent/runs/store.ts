import { openSync } from 'node:fs';
import { SpendwiseError } from '@spendwise/sandbox/errors';
import { openStateFolder } from '@spendwise/sandbox/foundation';
import { type Environment, stateDir } from '../settings/environment.ts';
import type { Approve } from '../tools/door.ts';
import type { RunStart } from './event.ts';
import { removeOldRuns, runFile, runFolder } from './files.ts';
import { runIdAt } from './id.ts';
import { RunRecord } from './record.ts';
import { redactor } from './redact.ts';

const MAX_CLASHES = 1_000;

export interface RunSetting {
  readonly model: { readonly kind: string; readonly name: string };
  readonly runtime: { readonly kind: string };
  readonly twilio: string;
}

type AuditPosition = RunStart['audit'];

/**
 * Records each request to the agent in a file. If a record cannot be written, the run continues, unlike with the audit
 * log.
 */
export class RunStore {
  readonly stateDir: string;
  readonly #redact: (text: string) => string;
  readonly #notice: (line: string) => void;
  #current: RunRecord | undefined;
  #failed = false;

  /** `notice` is told once if runs cannot be recorded. */
  constructor(environment: Environment, notice: (line: string) => void) {
    this.stateDir = stateDir(environment);
    this.#redact = redactor(environment);
    this.#notice = notice;
  }

  get last(): RunRecord | undefined {
    return this.#current;
  }

  begin(prompt: string, { model, runtime, twilio }: RunSetting, audit?: AuditPosition): RunRecord {
    const run = new RunRecord(this.#redact, (error) => this.#giveUp(error));
    this.#current = run;
    if (this.#failed) return run;
    try {
      openStateFolder(this.stateDir, 'runs');
      const { id, descriptor } = createFile(this.stateDir);
      run.open(id, descriptor);
      run.add({
        type: 'run',
        id,
        version: 1,
        model,
        runtime: runtime.kind,
        twilio,
        prompt,
        ...(audit && { audit }),
      });
      removeOldRuns(this.stateDir, id);
    } catch (error) {
      this.#giveUp(error);
    }
    return run;
  }

  readonly witnessed =
    (approve: Approve): Approve =>
    async (approval, signal) => {
      const { tool, because, recipient } = approval;
      const asked = { type: 'approval', tool, because, ...(recipient === undefined ? {} : { recipient }) };
      try {
        const approved = await approve(approval, signal);
        this.#current?.add({ ...asked, approved });
        return approved;
      } catch (error) {
        this.#current?.add(asked);
        throw error;
      }
    };

  #giveUp(error: unknown): void {
    if (!this.#failed) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const why =
        error instanceof SpendwiseError
          ? error.message
          : `${runFolder(this.stateDir)} cannot be written (${code})`;
      this.#notice(`runs are not recorded: ${why}`);
    }
    this.#failed = true;
  }
}

/** Two runs may begin in the same millisecond. The later one takes the next id. */
function createFile(stateDir: string): { id: string; descriptor: number } {
  const ms = Date.now();
  for (let clash = 0; ; clash += 1) {
    const id = runIdAt(ms + clash);
    try {
      return { id, descriptor: openSync(runFile(stateDir, id), 'ax', 0o600) };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || clash >= MAX_CLASHES) throw error;
    }
  }
}
