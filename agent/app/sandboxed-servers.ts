import type { Diversion, OnEgress } from '@spendwise/sandbox';
import { admitServer, type SandboxedServer, type StartOptions } from '@spendwise/sandbox';
import type { Consented } from '@spendwise/sandbox/consent';
import { ConsentMissing, Failed } from '@spendwise/sandbox/errors';
import type { MCPManifest } from '@spendwise/sandbox/manifest';
import type { ToolServer } from '../tools/toolbox.ts';

export interface WantedServer {
  readonly prefix: string;
  readonly manifest: MCPManifest;
  /** Set when the server is optional: the warning shown when the user refused what it needs. */
  readonly orElse?: string;
}

export type ServerEgress = Parameters<OnEgress>[0] & { readonly server: string };

export interface ServerOptions extends Omit<StartOptions, 'onEgress' | 'diversions'> {
  readonly diversions: (manifest: MCPManifest) => Promise<readonly Diversion[]>;
  readonly onEgress?: ((event: ServerEgress) => void) | undefined;
  /** Gets messages about slow steps and missing servers. */
  readonly notice: (line: string) => void;
}

/** A server that was admitted. `connected` is undefined if it was left out. */
export interface StartedServer extends WantedServer {
  readonly server: SandboxedServer;
  readonly connected: ToolServer | undefined;
}

/**
 * Asks consent for each server, then starts and connects all at once. Throws a SpendwiseError; then none is left
 * running.
 */
export async function startServers(
  wanted: readonly WantedServer[],
  options: ServerOptions,
): Promise<StartedServer[]> {
  const { onEgress, notice, diversions } = options;
  const admitted: (WantedServer & { server: SandboxedServer })[] = [];
  for (const one of wanted) {
    const { name } = one.manifest;
    const server = await admitServer(one.manifest, {
      ...options,
      diversions: await diversions(one.manifest),
      onEgress: (event) => onEgress?.({ server: name, ...event }),
    });
    admitted.push({ ...one, server });
  }
  try {
    const connecting = admitted.map(async ({ server, orElse }) => {
      const connected = server.connect();
      options.busy?.(`starting ${server.manifest.name}`, connected);
      return orElse === undefined
        ? connected
        : orWithout(connected, server.consented, (why) => notice(`${orElse}: ${why}`));
    });
    const connections = await Promise.all(connecting);
    const started: StartedServer[] = [];
    for (const [index, { server, prefix, ...one }] of admitted.entries()) {
      const connection = connections[index];
      if (connection) await server.acceptTools(connection.announcement);
      started.push({ ...one, prefix, server, connected: connection && { ...connection, prefix, server } });
    }
    return started;
  } catch (error) {
    await stopServers(admitted);
    throw error;
  }
}

/** Stops all at once. Resolves when nothing of them is left. */
export async function stopServers(servers: readonly Pick<StartedServer, 'server'>[]): Promise<void> {
  await Promise.all(servers.map(({ server }) => server.close()));
}

/** If the user refused what this server needs, the others continue without it, and `say` gets the reason. */
async function orWithout<T>(
  connecting: Promise<T>,
  { refused }: Consented,
  say: (why: string) => void,
): Promise<T | undefined> {
  try {
    return await connecting;
  } catch (error) {
    if (refused.length === 0 || !(error instanceof Failed || error instanceof ConsentMissing)) throw error;
    say(`${error.message}; ${error.hint}`);
    return undefined;
  }
}
