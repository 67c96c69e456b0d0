import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { Failed } from '../foundation/errors.ts';
import type { PausableTransport } from './client-link.ts';
import { HeldMessages } from './held-messages.ts';
import { Outstanding } from './outstanding.ts';
import { type Announcement, announced, introduction, MAX_TOOLS } from './tool-changes.ts';

const MAX_PAGES = 20;
/** How long a server may take to list its tools for us: longer than a client would wait. */
const LIST_MS = 60_000;
/** Answers that nobody asked for. A late answer to a cancelled request is none of them. */
const MAX_UNSOLICITED = 100;
/** Each is answered before anything was accepted. */
const MAX_EARLY_PINGS = 100;
const MAX_ID_CHARS = 1_000;
const MAX_CURSOR_CHARS = 1_000;
/** JSON-RPC leaves these codes to implementations. */
const REFUSED = -32_001;
const INVALID_REQUEST = -32_600;
const INVALID_PARAMS = -32_602;

/** Rejects when it is not what was granted. */
export type AcceptTools = (announcement: Announcement) => Promise<void>;

type Request = JSONRPCMessage & { id: RequestId; method: string; params?: Record<string, unknown> };
type Answer = Exclude<JSONRPCMessage, { method: string }>;
interface Asked {
  /** Undefined: a request of ours. */
  readonly clientId: RequestId | undefined;
  readonly answered: (answer: Answer) => unknown;
  cancelled?: true;
}

/**
 * The one place through which all passes that a server sends: answers only to what it was asked, and nothing at all
 * before its tools and its introduction were accepted. `accept` sees them before the client does, and each list that
 * the client gets later; it rejects when they are not what was granted. Then what the client waits for is answered with
 * the reason, and the server is closed. Without `accept` whatever the server announces is granted.
 */
export class ToolGate implements PausableTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #server: PausableTransport;
  readonly #accept: AcceptTools | undefined;
  readonly #atServer = new Outstanding<Asked>();
  /** Of the server: until its tools were accepted, and while a person may be reading a question. */
  readonly #unseen = new HeldMessages();
  /** Of the client: until the tools were accepted. */
  #waiting: Request[] = [];
  #greeted = false;
  /** The answer to `initialize`, for the client, until the tools were accepted. */
  #hello: (Answer & { id: RequestId }) | undefined;
  #introduction: Announcement['server'] = {};
  #tools: unknown[] = [];
  #pages = 0;
  #listing: NodeJS.Timeout | undefined;
  readonly #accepted = new Set<string>();
  #open: boolean;
  #checking = false;
  #unsolicited = 0;
  #earlyPings = 0;
  #refused: Error | undefined;
  /** In our words alone: the reason may hold what nobody has accepted. */
  #toldClient = '';

  constructor(server: PausableTransport, accept: AcceptTools | undefined) {
    this.#server = server;
    this.#accept = accept;
    this.#open = accept === undefined;
    server.onmessage = (message) => this.#fromServer(message);
    server.onclose = () => {
      clearTimeout(this.#listing);
      this.onclose?.();
    };
    server.onerror = (error) => this.onerror?.(error);
  }

  /** Why the server was closed by us. */
  get refused(): Error | undefined {
    return this.#refused;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  close(because?: string): Promise<void> {
    return this.#server.close(because);
  }

  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    if (!this.#checking) this.#server.resume();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (isRequest(message)) return this.#request(message);
    if (this.#refused !== undefined) return;
    if ('method' in message) {
      // The server has heard it from us, for it is asked for its tools before the client hears of it.
      if (message.method === 'notifications/initialized' && this.#accept !== undefined) return;
      if (message.method === 'notifications/cancelled') return this.#cancel(message);
    }
    return this.#server.send(message);
  }

  async #request(request: Request): Promise<void> {
    const { id, method } = request;
    if (this.#refused !== undefined) return this.#answer(id, REFUSED, this.#toldClient);
    if (method === 'initialize' && this.#accept !== undefined) {
      if (this.#greeted) return this.#answer(id, INVALID_REQUEST, 'the server was initialized before');
      this.#greeted = true;
      return this.#ask(request, id, (answer) => this.#introduced({ ...answer, id }));
    }
    if (!this.#open && method !== 'ping') {
      this.#waiting.push(request);
      return;
    }
    if (
      method === 'tools/call' &&
      this.#accept !== undefined &&
      !this.#accepted.has(String(request.params?.name))
    )
      return this.#answer(id, INVALID_PARAMS, 'the server has not listed a tool of this name');
    return this.#ask(request, id, (answer) =>
      method === 'tools/list' ? this.#listed({ ...answer, id }) : this.#deliver({ ...answer, id }),
    );
  }

  #ask(
    message: { method: string; params?: Record<string, unknown> },
    clientId: RequestId | undefined,
    answered: Asked['answered'],
  ): Promise<void> {
    const id = this.#atServer.ask({ clientId, answered });
    return this.#server.send({ ...message, jsonrpc: '2.0', id });
  }

  /** A request that waits here is forgotten; one that the server has is cancelled under the id that it knows. */
  async #cancel(message: JSONRPCMessage & { params?: Record<string, unknown> | undefined }): Promise<void> {
    const clientId = message.params?.requestId as RequestId;
    this.#waiting = this.#waiting.filter(({ id }) => id !== clientId);
    const id = this.#atServer.idOf(clientId);
    const asked = id === undefined ? undefined : this.#atServer.find(id);
    if (asked === undefined) return;
    asked.cancelled = true;
    await this.#server.send({ ...message, params: { ...message.params, requestId: id } } as JSONRPCMessage);
  }

  #fromServer(message: JSONRPCMessage): void {
    if (this.#refused !== undefined) return;
    if (isRequest(message) && String(message.id).length > MAX_ID_CHARS) {
      this.#end(
        new Failed(`it sent a request with an id of more than ${MAX_ID_CHARS} characters`, SUSPICIOUS),
      );
      return;
    }
    const early = !this.#open && 'method' in message;
    if (early && message.method === 'ping' && 'id' in message) this.#answerEarlyPing(message.id);
    else if (!early && !this.#checking) this.#take(message);
    else if (!this.#unseen.add(message))
      this.#end(new Failed('it sent too much before its tools were accepted', SUSPICIOUS));
  }

  #answerEarlyPing(id: RequestId): void {
    this.#earlyPings += 1;
    if (this.#earlyPings <= MAX_EARLY_PINGS) this.#toServer({ jsonrpc: '2.0', id, result: {} });
    else
      this.#end(
        new Failed(`it sent more than ${MAX_EARLY_PINGS} pings before its tools were accepted`, SUSPICIOUS),
      );
  }

  #take(message: JSONRPCMessage): void {
    const asked = 'method' in message ? undefined : this.#atServer.take(message.id);
    if ('method' in message) this.#deliver(message);
    else if (asked === undefined) {
      this.#unsolicited += 1;
      if (this.#unsolicited > MAX_UNSOLICITED)
        this.#end(new Failed(`it sent more than ${MAX_UNSOLICITED} answers to nothing`, SUSPICIOUS));
    } else if (asked.cancelled === undefined) asked.answered(message);
  }

  /** The server's answer to `initialize`: the client gets it once the tools were accepted as well. */
  #introduced(hello: Answer & { id: RequestId }): void {
    if (!('result' in hello)) {
      this.#greeted = false;
      // Its words were not accepted.
      this.#answer(hello.id, hello.error.code, 'the server answered initialize with an error');
      return;
    }
    this.#hello = hello;
    try {
      this.#introduction = introduction(hello.result);
    } catch (error) {
      this.#end(asError(error), 'its introduction is not accepted; see SpendWise’s stderr');
      return;
    }
    this.#toServer({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const capabilities = hello.result.capabilities as Record<string, unknown> | undefined;
    const slow = new Failed(`it did not list its tools within ${LIST_MS / 1000} s`, 'run it again');
    this.#listing = setTimeout(() => this.#end(slow), LIST_MS).unref();
    if (capabilities?.tools === undefined) this.#allListed();
    else this.#askForTools({});
  }

  #askForTools(params: Record<string, unknown>): void {
    this.#pages += 1;
    this.#ask({ method: 'tools/list', params }, undefined, (answer) => this.#page(answer)).catch(() => {});
  }

  /** A page of our own list. An error counts as no tools: then none may be called until the client has listed them. */
  #page(answer: Answer): void {
    const { tools, nextCursor } = 'result' in answer ? answer.result : { tools: [] };
    if (!Array.isArray(tools)) {
      this.#end(noList());
      return;
    }
    for (const tool of tools.slice(0, MAX_TOOLS + 1 - this.#tools.length)) this.#tools.push(tool);
    if (typeof nextCursor !== 'string' || this.#tools.length > MAX_TOOLS) this.#allListed();
    else if (this.#pages < MAX_PAGES) this.#askForTools({ cursor: nextCursor });
    else this.#end(new Failed(`it lists more than ${MAX_PAGES} pages of tools`, SUSPICIOUS));
  }

  #allListed(): void {
    clearTimeout(this.#listing);
    void this.#check(this.#tools, () => this.#release());
  }

  /** A list that the client asked for. */
  #listed(answer: Answer & { id: RequestId }): void {
    const refuse = () => this.#answer(answer.id, REFUSED, this.#toldClient);
    if (!('result' in answer)) {
      this.#answer(answer.id, answer.error.code, 'the server answered tools/list with an error');
      return;
    }
    const { tools, nextCursor } = answer.result;
    const longCursor = typeof nextCursor === 'string' && nextCursor.length > MAX_CURSOR_CHARS;
    if (!Array.isArray(tools) || longCursor) {
      this.#end(noList());
      refuse();
      return;
    }
    // Nothing but what is checked, and the cursor.
    const result = typeof nextCursor === 'string' ? { tools, nextCursor } : { tools };
    void this.#check(tools, () => this.#deliver({ jsonrpc: '2.0', id: answer.id, result }), refuse);
  }

  /** Until it is done, whatever the server writes stays with it. */
  async #check(tools: readonly unknown[], pass: () => void, refuse = () => {}): Promise<void> {
    this.#checking = true;
    this.#server.pause();
    try {
      const now = { server: this.#introduction, tools: announced(tools) };
      await this.#accept?.(now);
      for (const name of Object.keys(now.tools)) this.#accepted.add(name);
      if (this.#accepted.size > MAX_TOOLS)
        throw new Failed(`it lists more than ${MAX_TOOLS} tools`, SUSPICIOUS);
    } catch (error) {
      this.#end(asError(error), NOT_GRANTED);
    }
    this.#checking = false;
    this.#server.resume();
    if (this.#refused !== undefined) {
      refuse();
      return;
    }
    pass();
    this.#unseen.release(
      () => !this.#checking && this.#refused === undefined,
      (message) => this.#take(message),
    );
  }

  #release(): void {
    this.#open = true;
    if (this.#hello) this.#deliver(this.#hello);
    this.#hello = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) this.#request(request).catch(() => {});
  }

  /** Nothing more passes. `told`: what the client hears, with no word of the server's. */
  #end(because: Error, told = because.message): void {
    if (this.#refused !== undefined) return;
    this.#refused = because;
    this.#toldClient = told;
    clearTimeout(this.#listing);
    const ids = [
      this.#hello?.id,
      ...this.#atServer
        .all()
        .filter(({ cancelled }) => cancelled === undefined)
        .map(({ clientId }) => clientId),
      ...this.#waiting.map(({ id }) => id),
    ];
    this.#waiting = [];
    for (const id of ids) if (id !== undefined) this.#answer(id, REFUSED, told);
    const [first = ''] = because.message.split('\n');
    // What was answered shall arrive.
    setImmediate(() => void this.#server.close(`ended by SpendWise: ${first.slice(0, 200)}`));
  }

  #answer(id: RequestId, code: number, message: string): void {
    this.#deliver({ jsonrpc: '2.0', id, error: { code, message: `SpendWise sandbox: ${message}` } });
  }

  #deliver(message: JSONRPCMessage): void {
    this.onmessage?.(message);
  }

  /** A server that is gone is reported by its end. */
  #toServer(message: JSONRPCMessage): void {
    this.#server.send(message).catch(() => {});
  }
}

const NOT_GRANTED = 'its tools are not those that were granted; see SpendWise’s stderr';
const SUSPICIOUS = 'it is broken, or hostile';
const noList = () => new Failed('what it calls the list of its tools is none', SUSPICIOUS);

const isRequest = (message: object): message is Request => 'method' in message && 'id' in message;
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
