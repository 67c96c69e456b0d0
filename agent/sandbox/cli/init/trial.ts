import { setTimeout as delay } from 'node:timers/promises';
import { AuditLog } from '../../audit/index.ts';
import { GrantStore } from '../../consent/index.ts';
import { type Environment, stateDir } from '../../foundation/environment.ts';
import { SpendwiseError } from '../../foundation/errors.ts';
import { itSaid } from '../../foundation/shown/it-said.ts';
import type { Shown } from '../../foundation/shown/shown.ts';
import { type MCPManifest, type Runtime, SandboxedServer } from '../../index.ts';
import type { Prepared } from '../../program/prepare.ts';
import { type ReadVariables, VariableWatch } from './read-variables.ts';

/** What a server does when it has started, it mostly does at once: as fast as this machine let it start. */
const SETTLE_MS = 1_500;

export interface Trial {
  /** Undefined when it did not start with nothing granted. */
  readonly tools: readonly string[] | undefined;
  readonly why: string | undefined;
  readonly said: Shown | undefined;
  /** Undefined where nobody could look. */
  readonly read: ReadVariables | undefined;
}

/** Runs a server once with nothing granted, whatever its manifest asks for, and lists its tools. It is on record. */
export async function trial(
  manifest: MCPManifest,
  prepared: Prepared,
  options: {
    runtime: Runtime;
    environment: Environment;
    notice: (line: string) => void;
    signal: AbortSignal;
  },
): Promise<Trial> {
  const { runtime, environment, notice, signal } = options;
  const state = stateDir(environment);
  const watch = new VariableWatch();
  const watched = watch.watched(prepared.program, manifest.packageName);
  await using server = new SandboxedServer(
    manifest,
    { granted: [], refused: [] },
    { ...prepared, program: watched ?? prepared.program },
    {
      runtime,
      consent: { ui: undefined, grantAll: undefined, store: new GrantStore(state), howToGrant: '' },
      env: environment,
      audit: () => AuditLog.ofNewRun(state, environment),
      notice,
      onStderr: (line) => watch.take(line),
      signal,
    },
  );
  let tools: string[] | undefined;
  let why: string | undefined;
  const began = performance.now();
  try {
    await server.start();
    tools = Object.keys((await server.announce()).tools);
    const settled = Math.max(SETTLE_MS, performance.now() - began);
    await Promise.race([server.running?.exited, delay(settled, undefined, { signal })]);
  } catch (error) {
    if (signal.aborted || !(error instanceof SpendwiseError)) throw error;
    why = error.message;
  }
  const said = itSaid(watch.said);
  return { tools, why, said, read: watched && watch.read };
}
