import type { AuditLog } from './audit/audit-log.ts';
import {
  type Consented,
  type ConsentOptions,
  obtainConsent,
  obtainToolConsent,
  recordConsent,
  sessionToolConsent,
} from './consent/consent.ts';
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
  /** The operator's variables. The server sees those that it was granted. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where all that happens is recorded. A function is called after consent, and its log is closed with the server. */
  readonly audit?: AuditLog | (() => AuditLog) | undefined;
  /** Domains whose connections go to a listener on this machine instead. */
  readonly diversions?: readonly Diversion[];
  /** Sees each decision on a way out, after it was recorded. */
  readonly onEgress?: OnEgress | undefined;
  /** Each line that it writes to stderr, granted values blotted out; not yet safe to show. */
  readonly onStderr?: ((line: string) => void) | undefined;
  /** Besides the manifest's, in place of those of the grant. */
  readonly toolLimits?: ToolLimits | undefined;
  /** Told what takes time, such as a download. */
  readonly notice?: (line: string) => void;
  /** Ends the preparation and the start. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks consent, prepares the program, and starts the server with exactly what was granted. Hand `server.transport` to
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

/** The first half, for programs with several servers: all questions are asked before any server runs. */
export async function admitServer(manifest: MCPManifest, options: StartOptions): Promise<SandboxedServer> {
  const { runtime, consent, notice = () => {}, signal } = options;
  const source = programSource(manifest, runtime, { stateDir: consent.store.stateDir, notice, signal });
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

/** A server that was admitted, with what it was granted. */
export class SandboxedServer implements AsyncDisposable {
  readonly manifest: MCPManifest;
  readonly consented: Consented;
  readonly prepared: Prepared;
  /** Names of tools that it lists, and that its client does not get. */
  readonly leftOut: string[] = [];
  readonly #options: StartOptions;
  readonly #audit: AuditLog | undefined;
  readonly #process: ServerTransport;
  readonly #limits: GateLimits;
  #gate: ToolGate | undefined;

  /** Takes it as admitted: `consented` is all that it gets. */
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

  /** For any MCP client. Nothing of the server passes before its tools were accepted. */
  get transport(): McpTransport & Pick<ToolGate, 'refused' | 'pause' | 'resume'> {
    const { consent } = this.#options;
    this.#gate ??= new ToolGate(
      this.#process,
      consent.grantAll ? undefined : sessionToolConsent(this.manifest, consent),
      this.#limits,
    );
    return this.#gate;
  }

  /** Starts it, if it does not run yet. A client that takes `transport` does so by itself. */
  start(): Promise<void> {
    return this.#process.start();
  }

  /** Starts it, and lists its tools with a client of our own. Nobody has accepted them yet. Throws Failed. */
  async connect(): Promise<Connected> {
    // A program that brings a client of its own does not wait until ours is loaded.
    const { connect } = await import('./protocol/connect.ts');
    return connect(this.manifest.name, this.#process, this.#options.signal, this.#limits);
  }

  /** Starts it, and asks who it is and which tools it has, in either era of MCP. Throws Failed. */
  async announce(): Promise<Announcement> {
    const { announce } = await import('./protocol/connect.ts');
    return announce(this.manifest.name, this.#process, this.#options.signal, this.#limits);
  }

  /** Compares what it announced with its grant, and asks about what differs. Throws ConsentMissing. */
  acceptTools(announcement: Announcement): Promise<void> {
    return obtainToolConsent(this.manifest, announcement, this.#options.consent);
  }

  /** The process or container that runs; undefined before its start. */
  get running(): RunningServer | undefined {
    return this.#process.server;
  }

  /** How it ended, such as "exit code 4"; undefined while it runs. */
  get ended(): string | undefined {
    return this.#process.ended;
  }

  /** True when it ended with an error, and nobody had stopped it. */
  get crashed(): boolean {
    return this.#process.crashed;
  }

  /** The end of what it wrote to stderr: safe to show, secrets removed. */
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
