import type { ConsentUI } from './consent/consent.ts';
import { type Environment, stateDir as stateDirOf } from './foundation/environment.ts';
import { NotConfigured } from './foundation/errors.ts';
import type { MCPManifest } from './manifest/manifest.ts';
import type { RuntimePermission } from './manifest/permissions.ts';
import type { Runtime, RuntimeKind } from './plan/runtime.ts';
import type { McpTransport } from './protocol/mcp-transport.ts';
import { chooseRuntime } from './runtimes/choose.ts';
import { admitServer, type SandboxedServer, type StartOptions } from './start-server.ts';

/**
 * The folder of grants and audit logs: `SPENDWISE_STATE_DIR`, else the place of the XDG convention. Absolute. Throws
 * NotConfigured when other users could write it.
 */
export const stateDir = (env: Environment = process.env): string => stateDirOf(env);

/**
 * The runtime that starts servers: Docker or Podman, else bubblewrap (Linux). `notice` is told what takes time, and what is
 * lost. Never a plain process: throws NotConfigured, with what to install, where nothing isolates.
 */
export async function findRuntime(
  kind: Exclude<RuntimeKind, 'process'> | 'auto' = 'auto',
  { env = process.env, notice = () => {} }: { env?: Environment; notice?: (line: string) => void } = {},
): Promise<Runtime> {
  const { shippedBundles, shippedImages } = await import('./images/shipped.ts');
  const runtime = await chooseRuntime(kind, {
    unsandboxed: false,
    prepareImages: () => shippedImages(env, notice),
    prepareBundles: shippedBundles,
    notice,
  });
  if (runtime.isolated) return runtime;
  throw new NotConfigured('nothing isolates servers on this machine', 'install Docker, Podman or bubblewrap');
}

/**
 * Consent from the person at this terminal (stdin and stderr). Undefined without one: then only what was granted before
 * counts. `signal` ends a question.
 */
export async function terminalConsent(
  signal: AbortSignal = new AbortController().signal,
): Promise<ConsentUI | undefined> {
  const { openHost } = await import('./terminal/host.ts');
  return openHost(signal).ui;
}

/** What a program says to what a server asks for. Everything but `true` is no. */
export interface ProgramAnswers {
  /** Whether a server may have one permission. */
  readonly allow: (permission: RuntimePermission, server: string) => boolean | Promise<boolean>;
  /** Whether code may be fetched, or a server may run that is not what it was when it was granted. Default: no. */
  readonly accept?: (what: string, details: readonly string[], server: string) => boolean | Promise<boolean>;
}

/** Consent from a program. In doubt it is no: an error, a promise that rejects, and anything that is not exactly `true`. */
export function programConsent({ allow, accept = () => false }: ProgramAnswers): ConsentUI {
  const isTrue = async (answer: () => unknown): Promise<boolean> => {
    try {
      return (await answer()) === true;
    } catch {
      return false;
    }
  };
  return {
    consent: async (server, permission) => ((await isTrue(() => allow(permission, server))) ? 'yes' : 'no'),
    accept: (server, what, lines) => isTrue(() => accept(what, lines, server)),
    notice: () => {},
  };
}

/**
 * A server in its sandbox as a transport of MCP, in place of the SDK's StdioClientTransport. The client's `connect` asks
 * consent and starts it, `close` returns when nothing of it is left. For clients of SDK v1 and v2.
 */
export class SandboxedStdioTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  // biome-ignore lint/suspicious/noExplicitAny: the two SDKs have types of messages of their own
  onmessage?: (message: any, extra?: any) => void;
  readonly #manifest: MCPManifest;
  readonly #options: StartOptions;
  #server: SandboxedServer | undefined;

  constructor(manifest: MCPManifest, options: StartOptions) {
    this.#manifest = manifest;
    this.#options = options;
  }

  /** The server; undefined before `start`. */
  get server(): SandboxedServer | undefined {
    return this.#server;
  }

  /** Asks consent and starts the server. Rejects with ConsentMissing, NotConfigured or Failed: then nothing runs. */
  async start(): Promise<void> {
    if (this.#server !== undefined) throw new Error('the transport was started before');
    const server = await admitServer(this.#manifest, this.#options);
    this.#server = server;
    const { transport } = server;
    transport.onclose = () => this.onclose?.();
    transport.onerror = (error) => this.onerror?.(error);
    transport.onmessage = (message) => this.onmessage?.(message);
    try {
      await server.start();
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async send(message: any): Promise<void> {
    if (this.#server === undefined) throw new Error('the transport was not started');
    await this.#server.transport.send(message);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}
