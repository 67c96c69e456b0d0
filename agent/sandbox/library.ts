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
 * The folder of grants and audit logs: `SPENDWISE_STATE_DIR`, otherwise the XDG state folder. Absolute. Throws
 * NotConfigured when other users could write to it.
 */
export const stateDir = (env: Environment = process.env): string => stateDirOf(env);

/**
 * The runtime that starts servers: Docker or Podman, otherwise bubblewrap (Linux). `notice` reports what takes time, and
 * which limits are missing. Never a plain process: without a sandbox, it throws NotConfigured, which says what to install.
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
  throw new NotConfigured('this machine has no sandbox for servers', 'install Docker, Podman or bubblewrap');
}

/**
 * Consent from the user at this terminal (stdin and stderr). Undefined without a terminal: then only existing grants count.
 * `signal` ends a question.
 */
export async function terminalConsent(
  signal: AbortSignal = new AbortController().signal,
): Promise<ConsentUI | undefined> {
  const { openHost } = await import('./terminal/host.ts');
  return openHost(signal).ui;
}

/** A program's answers in place of a user's. Everything but `true` is no. */
export interface ProgramAnswers {
  /** Whether a server gets a permission. */
  readonly allow: (permission: RuntimePermission, server: string) => boolean | Promise<boolean>;
  /** Whether code may be fetched, or a server may run that has changed since it was granted. Default: no. */
  readonly accept?: (what: string, details: readonly string[], server: string) => boolean | Promise<boolean>;
}

/** Consent from a program. An error, a rejected promise and everything that is not exactly `true` mean no. */
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
 * A sandboxed server as an MCP transport, used like the SDK's StdioClientTransport. The client's `connect` asks for consent
 * and starts the server. `close` resolves when nothing of it is left. For clients of SDK v1 and v2.
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

  /** Asks for consent and starts the server. Rejects with ConsentMissing, NotConfigured or Failed. Then nothing runs. */
  async start(): Promise<void> {
    if (this.#server !== undefined) throw new Error('the transport was already started');
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
