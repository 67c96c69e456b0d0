import { finished } from 'node:stream/promises';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { AuditEvent, AuditLog } from '../audit/audit-log.ts';
import { jsonTrouble } from '../foundation/json-bounds.ts';
import type { OnEgress } from '../plan/egress.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';
import type { RunningServer, Runtime } from '../plan/runtime.ts';
import { OPENINGS } from './era.ts';
import { LineReader } from './line-reader.ts';
import { StderrTail } from './stderr-tail.ts';

/** A few turns of the event loop. */
export const SENT_OFF_MS = 5;
/** Longer than any client of the SDK waits. */
const HELLO_MS = 60_000;
/** What a server wrote before it ended may arrive after its end. A process that it left behind may keep the way open. */
const LAST_WORDS_MS = 1_000;
const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** Some servers print a few lines that are no messages. Each costs us more to refuse than them to write. */
const MAX_UNREADABLE = 1_000;
const MAX_UNREADABLE_CHARS = 1024 * 1024;
/** What may wait for a server that does not read: more would fill our memory. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;
const MAX_WAITING_SENDS = 1_000;
/** Passed on of a server that is being ended, even if the client does not keep up. The rest is thrown away. */
const MAX_LATE_BYTES = 16 * 1024 * 1024;

/**
 * An MCP transport whose server is started by a runtime, with what it was granted: hand it to any SDK client.
 * `close` returns when nothing of the server is left.
 */
export class ServerTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #runtime: Runtime;
  readonly #plan: LaunchPlan;
  readonly #audit: AuditLog | undefined;
  readonly #onEgress: OnEgress | undefined;
  readonly #onStderr: ((line: string) => void) | undefined;
  readonly #helloMs: number;
  readonly #lines = new LineReader(MAX_LINE_BYTES);
  #unreadable = { lines: 0, chars: 0 };
  #lateBytes = 0;
  #gaveUp = false;
  #crashed = false;
  #waitingSends = 0;
  /** One for all sends that wait: until the server has read, or has ended. */
  #drained: Promise<void> | undefined;
  #stopWaiting = () => {};
  #server: RunningServer | undefined;
  #stderr: StderrTail | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #ended: string | undefined;
  #endedBecause: string | undefined;
  /** Until it has ended, and what it wrote was read. */
  #over: Promise<void> | undefined;
  /** The first request, or the last one that opens a connection: it is answered in time, or the server is ended. */
  #hello: { readonly id: RequestId; readonly timer: NodeJS.Timeout } | undefined;

  constructor(options: {
    runtime: Runtime;
    plan: LaunchPlan;
    audit?: AuditLog | undefined;
    /** How long a server may take to answer the first request, in milliseconds. */
    helloMs?: number | undefined;
    /** Sees each decision on a way out, after it was recorded. */
    onEgress?: OnEgress | undefined;
    /** Each line of the server's stderr, granted values blotted out; not yet safe to show. */
    onStderr?: ((line: string) => void) | undefined;
  }) {
    this.#runtime = options.runtime;
    this.#plan = options.plan;
    this.#audit = options.audit;
    this.#onEgress = options.onEgress;
    this.#onStderr = options.onStderr;
    this.#helloMs = options.helloMs ?? HELLO_MS;
  }

  /** The started server; undefined before. */
  get server(): RunningServer | undefined {
    return this.#server;
  }

  /** How the server ended, such as "exit code 4"; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** True when it ended otherwise than well, and nobody had stopped it. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** The end of what the server wrote to stderr: safe to show, granted values blotted out. */
  get stderr(): string {
    return this.#stderr?.text ?? '';
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { manifest } = this.#plan;
    const starting = this.#runtime.start(this.#plan, (event) => {
      this.#record({ event: 'egress', server: manifest.name, ...event });
      this.#onEgress?.(event);
    });
    starting.catch(() => {});
    // The SDK is slow to load: while the server starts, once what starts it was sent off.
    await delay(SENT_OFF_MS);
    const sdk = await import('@modelcontextprotocol/sdk/shared/stdio.js').catch(asError);
    const server = await starting;
    this.#server = server;
    // Then the server is stopped by who closes this.
    if (sdk instanceof Error) throw sdk;
    const { deserializeMessage } = sdk;
    this.#record({
      event: 'start',
      server: manifest.name,
      runtime: this.#runtime.kind,
      isolated: this.#runtime.isolated,
      manifest: manifest.digest,
      source: manifest.key,
    });
    this.#stderr = new StderrTail(server.stderr, Object.values(this.#plan.env), this.#onStderr);
    server.stdout.on('data', (chunk: Buffer) => this.#receive(chunk, deserializeMessage));
    const read = Promise.allSettled(
      [server.stdout, server.stderr].map((output) => finished(output, { writable: false })),
    );
    this.#over = server.exited.then(async (end) => {
      clearTimeout(this.#hello?.timer);
      const how = this.#endedBecause ?? inWords(end);
      this.#crashed = this.#gaveUp || (this.#stopping === undefined && end !== 'exit code 0');
      this.#ended = how;
      this.#stopWaiting();
      try {
        this.#record({ event: 'stop', server: manifest.name, how });
      } catch {
        // It has ended; closing the log says that its record has a gap.
      }
      await Promise.race([read, delay(LAST_WORDS_MS, undefined, { ref: false })]);
      // After a busy time, the timer is looked at before what has arrived.
      await turn();
      this.onclose?.();
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#server === undefined || this.#ended !== undefined) throw new Error('the server is not running');
    if ('method' in message && 'id' in message) this.#expectHello(message);
    if ('method' in message && message.method === 'tools/call') {
      const tool = String(message.params?.name);
      this.#record({ event: 'tool_call', server: this.#plan.manifest.name, tool });
    }
    const { stdin } = this.#server;
    if (this.#gaveUp) throw new Error('the server is not running');
    if (stdin.write(`${JSON.stringify(message)}\n`)) return;
    this.#waitingSends += 1;
    if (stdin.writableLength > MAX_BACKLOG_BYTES || this.#waitingSends > MAX_WAITING_SENDS)
      this.#giveUp('it does not read its input');
    this.#drained ??= new Promise((resolve) => {
      this.#stopWaiting = () => {
        stdin.off('drain', this.#stopWaiting);
        this.#waitingSends = 0;
        this.#drained = undefined;
        resolve();
      };
      stdin.once('drain', this.#stopWaiting);
    });
    await this.#drained;
  }

  /** A server that never says hello is ended, and the client learns why. */
  #expectHello({ id, method }: { id: RequestId; method: string }): void {
    if (this.#hello !== undefined && !OPENINGS.includes(method)) return;
    clearTimeout(this.#hello?.timer);
    const because = `it did not answer ${method} within ${this.#helloMs / 1000} s`;
    this.#hello = { id, timer: setTimeout(() => this.#giveUp(because), this.#helloMs).unref() };
  }

  /** Stops reading until `resume`. Not of a server that is being ended: an engine tells its end only after all was read. */
  pause(): void {
    if (this.#stopping === undefined) this.#server?.stdout.pause();
  }

  resume(): void {
    this.#server?.stdout.resume();
  }

  /** Ends the server; one that is still starting, as soon as it has. `because` goes on record, where it has not ended yet. */
  close(because?: string): Promise<void> {
    this.#endedBecause ??= because;
    this.#stopping ??= (async () => {
      await this.#starting?.catch(() => {});
      this.resume();
      await this.#server?.stop();
      await this.#over;
    })();
    return this.#stopping;
  }

  /** Throws when it cannot be recorded: then the server is ended, for what it does next would leave no record either. */
  #record(event: AuditEvent): void {
    try {
      this.#audit?.append(event);
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  #receive(chunk: Buffer, deserialize: (line: string) => JSONRPCMessage): void {
    if (this.#stopping !== undefined) this.#lateBytes += chunk.length;
    if (this.#lateBytes > MAX_LATE_BYTES) {
      this.#throwAway();
      return;
    }
    try {
      for (const line of this.#lines.push(chunk)) {
        if (this.#gaveUp) return;
        this.#receiveLine(line, deserialize);
      }
    } catch (error) {
      // A line without an end: no way to find the next message.
      this.#giveUp(asError(error).message);
    }
  }

  #receiveLine(line: string, deserialize: (line: string) => JSONRPCMessage): void {
    const trouble = jsonTrouble(line);
    if (trouble !== undefined) {
      this.#giveUp(`it sent a message that cannot be read: ${trouble}`);
      return;
    }
    let message: JSONRPCMessage;
    try {
      message = deserialize(line);
    } catch {
      this.#countUnreadable(line);
      return;
    }
    if (!('method' in message) && message.id === this.#hello?.id) clearTimeout(this.#hello?.timer);
    try {
      this.onmessage?.(message);
    } catch (error) {
      this.onerror?.(asError(error));
    }
  }

  #countUnreadable(line: string): void {
    this.#unreadable.lines += 1;
    this.#unreadable.chars += line.length;
    const { lines, chars } = this.#unreadable;
    if (lines > MAX_UNREADABLE || chars > MAX_UNREADABLE_CHARS)
      this.#giveUp('too many lines that are not MCP messages');
    else this.onerror?.(new Error('a line that is not an MCP message'));
  }

  /** Ends the server, and throws away what it still writes. */
  #giveUp(because: string): void {
    this.#gaveUp = true;
    this.#throwAway();
    void this.close(because);
    this.onerror?.(new Error(because));
  }

  /** What the server still writes. */
  #throwAway(): void {
    this.#server?.stdout.removeAllListeners('data').resume();
  }
}

/** What shells and engines end with when there is no such command. */
const inWords = (end: string): string =>
  end === 'exit code 127'
    ? 'exit code 127: its command was not found'
    : end === 'exit code 126'
      ? 'exit code 126: its command may not be run'
      : end;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
