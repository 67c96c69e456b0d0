import type { AuditLog } from './audit/audit-log.ts';
import {
  type Consented,
  type ConsentOptions,
  obtainConsent,
  obtainToolConsent,
  recordConsent,
  sessionToolConsent,
} from './consent/consent.ts';
import type { Busy } from './foundation/busy.ts';
import type { MCPManifest } from './manifest/manifest.ts';
import { ToolBounds, type ToolLimits } from './manifest/tool-limits.ts';
import type { Diversion, OnEgress } from './plan/egress.ts';
import { launchPlan } from './plan/launch-plan.ts';
import type { RunningServer, Runtime } from './plan/runtime.ts';
import { type Prepared, programSource } from './program/prepare.ts';
import type { Connected } from './protocol/connect.ts';
import type { McpTransport } from './protocol/mcp-transport.ts';
import type { Announcement } from './protocol/tool-changes.ts';
import { type GateLimits, ToolGate } from './protocol/tool-gate.ts';
import { ServerTransport } from './protocol/transport.ts';

/** How a server is started, and who is asked. */
export interface StartOptions {
  readonly runtime: Runtime;
  readonly consent: ConsentOptions;
  /** The operator's variables. The server sees only the granted ones. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where events are recorded. A function is called after consent, and its log is closed with the server. */
  readonly audit?: AuditLog | (() => AuditLog) | undefined;
  /** Domains whose connections go to a listener on this machine instead. */
  readonly diversions?: readonly Diversion[];
  /** Called for each outgoing connection or request, after it was recorded. */
  readonly onEgress?: OnEgress | undefined;
  /** Called for each line of stderr. Granted values are removed, but the line is not yet safe to show. */
  readonly onStderr?: ((line: string) => void) | undefined;
  /** Applied together with the manifest's limits, and instead of the grant's. */
  readonly toolLimits?: ToolLimits | undefined;
  /** Reports what takes time, such as a download. */
  readonly notice?: (line: string) => void;
  /** Told what may take long, with the promise that ends it: for a sign that something goes on. */
  readonly busy?: Busy | undefined;
  /** Stops the preparation and the start. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for consent, prepares the program, and starts the server with exactly what was granted. Give `server.transport` to
 * any MCP client, and close the server when you are done (`await using` does). Throws a SpendwiseError: ConsentMissing
 * when the user refuses or cannot be asked, NotConfigured or Failed when the server cannot be started. Then nothing runs.
 */
export async function startServer(manifest: MCPManifest, options: StartOptions): Promise<SandboxedServer> {
  const server = await admitServer(manifest, options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The first half of `startServer`, for programs with several servers: they ask all questions before any server runs. */
export async function admitServer(manifest: MCPManifest, options: StartOptions): Promise<SandboxedServer> {
  const { runtime, consent, notice = () => {}, busy, signal } = options;
  const source = programSource(manifest, runtime, { stateDir: consent.store.stateDir, notice, busy, signal });
  const { prepared, ...consented } = await obtainConsent(manifest, source, consent);
  const server = new SandboxedServer(manifest, consented, prepared, options);
  try {
    server.recordConsent();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** An admitted server, with its granted permissions. */
export class SandboxedServer implements AsyncDisposable {
  readonly manifest: MCPManifest;
  readonly consented: Consented;
  readonly prepared: Prepared;
  /** Names of tools that the server lists and the client does not get. */
  readonly leftOut: string[] = [];
  readonly #options: StartOptions;
  readonly #audit: AuditLog | undefined;
  readonly #process: ServerTransport;
  readonly #limits: GateLimits;
  #gate: ToolGate | undefined;

  /** For a server that was admitted before. `consented` is all that it gets. */
  constructor(manifest: MCPManifest, consented: Consented, prepared: Prepared, options: StartOptions) {
    this.manifest = manifest;
    this.consented = consented;
    this.prepared = prepared;
    this.#options = options;
    const { runtime, env, audit, diversions, onEgress, onStderr } = options;
    const plan = launchPlan(manifest, consented, env, diversions, prepared.program);
    this.#audit = typeof audit === 'function' ? audit() : audit;
    this.#process = new ServerTransport({ runtime, plan, audit: this.#audit, onEgress, onStderr });
    const limits = [manifest.tools, options.toolLimits ?? options.consent.store.find(manifest)?.limits];
    this.#limits = {
      bounds: new ToolBounds(
        limits.filter((limit) => limit !== undefined),
        plan.env,
      ),
      record: (what) => this.#recordLimit(what),
    };
  }

  #recordLimit(what: Parameters<GateLimits['record']>[0]): void {
    const server = this.manifest.name;
    if ('leftOut' in what) {
      this.leftOut.push(...what.leftOut);
      this.#audit?.append({ event: 'tools_left_out', server, tools: what.leftOut });
    } else this.#audit?.append({ event: 'tool_call', server, ...what });
  }

  recordConsent(): void {
    if (this.#audit) recordConsent(this.#audit, this.manifest, this.consented);
  }

  /** For any MCP client. No message of the server passes before its tools were accepted. */
  get transport(): McpTransport & Pick<ToolGate, 'refused' | 'pause' | 'resume'> {
    const { consent } = this.#options;
    this.#gate ??= new ToolGate(
      this.#process,
      consent.grantAll ? undefined : sessionToolConsent(this.manifest, consent),
      this.#limits,
    );
    return this.#gate;
  }

  /** Starts the server, if it is not running. A client that uses `transport` does this by itself. */
  start(): Promise<void> {
    return this.#process.start();
  }

  /** Starts the server and lists its tools with our own client. They are not accepted yet. Throws Failed. */
  async connect(): Promise<Connected> {
    // A program that brings a client of its own does not wait until ours is loaded.
    const { connect } = await import('./protocol/connect.ts');
    return connect(this.manifest.name, this.#process, this.#options.signal, this.#limits);
  }

  /** Starts the server and asks for its name and tools, in either era of MCP. Throws Failed. */
  async announce(): Promise<Announcement> {
    const { announce } = await import('./protocol/connect.ts');
    return announce(this.manifest.name, this.#process, this.#options.signal, this.#limits);
  }

  /** Compares the announcement with the grant, and asks about differences. Throws ConsentMissing. */
  acceptTools(announcement: Announcement): Promise<void> {
    return obtainToolConsent(this.manifest, announcement, this.#options.consent);
  }

  /** The running process or container; undefined before the start. */
  get running(): RunningServer | undefined {
    return this.#process.server;
  }

  /** How it ended, such as "exit code 4"; undefined while it runs. */
  get ended(): string | undefined {
    return this.#process.ended;
  }

  /** True when it ended with an error and nobody had stopped it. */
  get crashed(): boolean {
    return this.#process.crashed;
  }

  /** The last part of its stderr: safe to show, with secrets removed. */
  get stderr(): string {
    return this.#process.stderr;
  }

  /** Resolves when nothing of it is left. */
  async close(): Promise<void> {
    try {
      await this.#process.close();
    } finally {
      if (typeof this.#options.audit === 'function') this.#audit?.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
