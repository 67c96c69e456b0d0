import type { JSONRPCMessage, Tool } from '@modelcontextprotocol/sdk/types.js';
import type { PausableTransport } from './relay.ts';
import { type AnnouncedTool, announced } from './tool-changes.ts';

/** Ids of our own requests; a client's are numbers, or strings of its own. */
const OURS = 'spendwise-tools-';
const MAX_PAGES = 20;
/** JSON-RPC leaves these codes to implementations. */
const REFUSED = -32_001;

type Request = JSONRPCMessage & { id: string | number; method: string };

/**
 * Stands between a client and a server: lists the server's tools before the client may use any, and looks at each list
 * that the client gets. `accept` rejects when they are not what was granted; then nothing more passes, what the client
 * waits for is answered with the reason, and the server is closed.
 */
export class ToolGate implements PausableTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #server: PausableTransport;
  readonly #accept: (tools: Record<string, AnnouncedTool>) => Promise<void>;
  /** Requests that wait for the first list. Undefined once it was accepted. */
  #held: JSONRPCMessage[] | undefined = [];
  #lists = new Set<string | number>();
  #initialize: string | number | undefined;
  #hasTools = true;
  #tools: Tool[] = [];
  #pages = 0;
  /** Lists are looked at one after the other, and nothing overtakes them. */
  #checking: Promise<void> = Promise.resolve();
  #refused: Error | undefined;
  /** A person may be reading a question: what the server writes meanwhile stays with it. */
  #asking = false;

  constructor(server: PausableTransport, accept: (tools: Record<string, AnnouncedTool>) => Promise<void>) {
    this.#server = server;
    this.#accept = accept;
    server.onmessage = (message) => void this.#fromServer(message);
    server.onclose = () => this.onclose?.();
    server.onerror = (error) => this.onerror?.(error);
  }

  /** Why the server was closed by us. */
  get refused(): Error | undefined {
    return this.#refused;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    if (!this.#asking) this.#server.resume();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#refused !== undefined) return void this.#answerRefused(message);
    if (isRequest(message)) {
      if (message.method === 'initialize') this.#initialize = message.id;
      else if (this.#held !== undefined && message.method !== 'ping') return void this.#held.push(message);
      if (message.method === 'tools/list') this.#lists.add(message.id);
    }
    await this.#server.send(message);
    if ('method' in message && message.method === 'notifications/initialized') await this.#listTools();
  }

  async #listTools(cursor?: string): Promise<void> {
    if (!this.#hasTools) return this.#release();
    this.#pages += 1;
    const params = cursor === undefined ? {} : { cursor };
    const id = `${OURS}${this.#pages}`;
    await this.#server.send({ jsonrpc: '2.0', id, method: 'tools/list', params });
  }

  async #fromServer(message: JSONRPCMessage): Promise<void> {
    const id = 'id' in message && !('method' in message) ? message.id : undefined;
    const result = 'result' in message ? (message.result as Record<string, unknown>) : undefined;
    if (id !== undefined && id === this.#initialize) {
      this.#hasTools = (result?.capabilities as Record<string, unknown> | undefined)?.tools !== undefined;
    }
    if (typeof id === 'string' && id.startsWith(OURS)) return this.#ours(result);
    if (id !== undefined && this.#lists.delete(id) && result !== undefined) {
      if (!(await this.#accepted(toolsOf(result)))) return this.#answerRefused({ id, method: 'tools/list' });
    } else await this.#checking;
    if (this.#refused === undefined) this.onmessage?.(message);
  }

  /** A page of our own list. An error counts as no tools: whatever the client lists later is looked at as well. */
  async #ours(result: Record<string, unknown> | undefined): Promise<void> {
    this.#tools.push(...toolsOf(result));
    const cursor = result?.nextCursor;
    if (typeof cursor === 'string' && this.#pages < MAX_PAGES) return this.#listTools(cursor);
    if (await this.#accepted(this.#tools)) await this.#release();
  }

  async #accepted(tools: readonly Tool[]): Promise<boolean> {
    this.#asking = true;
    this.#server.pause();
    const checked = this.#checking.then(() => this.#accept(announced(tools)));
    this.#checking = checked.catch((error) => {
      this.#refused ??= error instanceof Error ? error : new Error(String(error));
    });
    await this.#checking;
    this.#asking = false;
    this.#server.resume();
    if (this.#refused === undefined) return true;
    for (const message of this.#held ?? []) this.#answerRefused(message);
    this.#held = [];
    // What was answered shall arrive.
    setImmediate(() => void this.#server.close());
    return false;
  }

  async #release(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) await this.send(message);
  }

  #answerRefused(message: object): void {
    if (!isRequest(message)) return;
    const error = { code: REFUSED, message: `SpendWise sandbox: ${this.#refused?.message}` };
    this.onmessage?.({ jsonrpc: '2.0', id: message.id, error });
  }
}

const isRequest = (message: object): message is Request => 'method' in message && 'id' in message;

function toolsOf(result: Record<string, unknown> | undefined): Tool[] {
  const tools = result?.tools;
  return Array.isArray(tools)
    ? tools.filter((tool) => typeof tool === 'object' && tool !== null && typeof tool.name === 'string')
    : [];
}
