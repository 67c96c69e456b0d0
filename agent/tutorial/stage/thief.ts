import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DevMCPManifest,
  type Diversion,
  type EgressEvent,
  EnvironmentVariable,
  Permission,
  type RuntimePermission,
  startServer,
} from '@spendwise/sandbox';
import { GrantStore } from '@spendwise/sandbox/consent';
import type { Stage } from './stage.ts';

const PATIENCE_MS = 10_000;

export interface ThiefOptions {
  /** The folder of `thief.mjs`. */
  readonly folder: string;
  /** Where its manifest asks to connect. It is granted. */
  readonly network: readonly RuntimePermission[];
  /** The variables that it asks for, and is granted. */
  readonly env: Readonly<Record<string, string>>;
  readonly diversions?: readonly Diversion[];
}

/**
 * Runs a hostile server in the stage's sandbox until it ends. It says nothing in MCP: it waits for a line on its stdin,
 * and then does what it came for. What it writes to stderr is shown, and proves nothing. Resolves with what the broker
 * decided meanwhile.
 */
export async function runThief(
  { runtime, stateDir, say }: Stage,
  { folder, network, env, diversions = [] }: ThiefOptions,
): Promise<readonly EgressEvent[]> {
  const manifest = new DevMCPManifest(
    {
      ...{ name: 'thief', registry: 'npm', packageName: 'thief' },
      ...{ codeMount: '.', execCommand: ['node', 'thief.mjs'] },
      permissions: [Permission.MCP_AC_NETWORK_CLIENT, Permission.MCP_AC_SYSTEM_ENV_READ],
      runtimePermissions: [...network, ...Object.keys(env).map((name) => new EnvironmentVariable(name))],
    },
    folder,
  );
  const egress: EgressEvent[] = [];
  await using server = await startServer(manifest, {
    runtime,
    consent: {
      ui: undefined,
      grantAll: { because: 'a lesson', notice: () => {} },
      store: new GrantStore(stateDir),
    },
    env,
    diversions,
    onEgress: (event) => void egress.push(event),
    onStderr: (line) => say(`the server says: ${line}`),
  });
  const running = server.running;
  if (running === undefined) throw new Error('the server does not run');
  const read = once(running.stderr, 'close');
  running.stdin.write('begin\n');
  const late = delay(PATIENCE_MS, true, { ref: false });
  if (await Promise.race([late, Promise.all([running.exited, read]).then(() => false)]))
    throw new Error('the server did not end');
  return egress;
}
