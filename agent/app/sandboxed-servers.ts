import type { AuditLog } from '../sandbox/audit/audit-log.ts';
import {
  type Consented,
  type ConsentOptions,
  obtainConsent,
  obtainToolConsent,
  recordConsent,
} from '../sandbox/consent/consent.ts';
import { ConsentMissing, Failed } from '../sandbox/foundation/errors.ts';
import type { MCPManifest } from '../sandbox/manifest/manifest.ts';
import type { OnEgress } from '../sandbox/plan/egress.ts';
import { launchPlan } from '../sandbox/plan/launch-plan.ts';
import type { Runtime } from '../sandbox/plan/runtime.ts';
import { programSource } from '../sandbox/program/prepare.ts';
import { SandboxedStdioTransport } from '../sandbox/protocol/transport.ts';
import { twilioOverrides } from '../settings/accounts.ts';
import type { Environment } from '../settings/environment.ts';
import { type Connected, connect } from '../tools/toolbox.ts';

/** A server to be started, under the short name that its tools are prefixed with. */
export interface WantedServer {
  readonly prefix: string;
  readonly manifest: MCPManifest;
  /** Why the rest goes on without it when the person refused what it needs; undefined: then nothing does. */
  readonly orElse?: string;
}

export type ServerEgress = Parameters<OnEgress>[0] & { readonly server: string };

export interface ServerOptions {
  /** The operator's variables; servers see the granted ones. */
  readonly environment: Environment;
  readonly stateDir: string;
  readonly runtime: Runtime;
  readonly consent: ConsentOptions;
  readonly audit: AuditLog;
  /** Ends the start-up. */
  readonly signal: AbortSignal;
  /** Sees each decision on a way out, by server. */
  readonly onEgress?: ((event: ServerEgress) => void) | undefined;
  /** Says what will be missing. */
  readonly notice: (line: string) => void;
}

/** A server that runs, or was left out, with what the person let it have. */
export interface StartedServer extends WantedServer {
  readonly consented: Consented;
  readonly connected: Connected | undefined;
}

/** Asks consent for each server, starts them at the same time, and connects. Throws a SpendwiseError; then none is left. */
export async function startServers(
  wanted: readonly WantedServer[],
  options: ServerOptions,
): Promise<StartedServer[]> {
  const { environment, stateDir, runtime, consent, audit, signal, notice } = options;
  const settled = [];
  for (const server of wanted) {
    const { manifest } = server;
    const source = programSource(manifest, runtime, { stateDir, notice, signal });
    const { prepared, ...consented } = await obtainConsent(manifest, source, consent);
    recordConsent(audit, manifest, consented);
    settled.push({ ...server, program: prepared.program, consented });
  }
  const starting = settled.map(async ({ program, ...server }): Promise<StartedServer> => {
    const { prefix, manifest, consented, orElse } = server;
    const plan = launchPlan(manifest, consented, environment, twilioOverrides(environment), program);
    const onEgress: OnEgress = (event) => options.onEgress?.({ server: manifest.name, ...event });
    const transport = new SandboxedStdioTransport({ runtime, plan, audit, onEgress });
    const connecting = connect({ prefix, transport }, signal);
    const connected = await (orElse === undefined
      ? connecting
      : orWithout(connecting, consented, (why) => notice(`${orElse}: ${why}`)));
    return { ...server, connected };
  });
  try {
    const started = await Promise.all(starting);
    for (const { manifest, connected } of started)
      if (connected) await obtainToolConsent(manifest, connected.announcement, consent);
    return started;
  } catch (error) {
    for (const outcome of await Promise.allSettled(starting))
      if (outcome.status === 'fulfilled') await outcome.value.connected?.client.close();
    throw error;
  }
}

/** Stops them at the same time; resolves when nothing of them is left. */
export async function stopServers(servers: readonly StartedServer[]): Promise<void> {
  await Promise.all(servers.map(({ connected }) => connected?.client.close()));
}

/** A person may refuse what a server needs: then the rest works on without it, and says so. */
async function orWithout(
  connecting: Promise<Connected>,
  { refused }: Consented,
  say: (why: string) => void,
): Promise<Connected | undefined> {
  try {
    return await connecting;
  } catch (error) {
    if (refused.length === 0 || !(error instanceof Failed || error instanceof ConsentMissing)) throw error;
    say(`${error.message}; ${error.hint}`);
    return undefined;
  }
}
