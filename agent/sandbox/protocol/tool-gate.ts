import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { Failed } from '../foundation/errors.ts';
import type { ToolBounds } from '../manifest/tool-limits.ts';
import type { PausableTransport } from './client-link.ts';
import {
  cacheHints,
  envelopeOf,
  type Fields,
  helloOfDiscovery,
  LISTEN,
  OPENINGS,
  plainDiscovery,
  subscribed,
  versionsOffered,
} from './era.ts';
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

/** Which calls may pass. `record` is told what may not. */
export interface GateLimits {
  readonly bounds: ToolBounds;
  readonly record: (what: { tool: string; denied: string } | { leftOut: readonly string[] }) => void;
}

type Request = JSONRPCMessage & { id: RequestId; method: string; params?: Record<string, unknown> };
type Answer = Exclude<JSONRPCMessage, { method: string }>;
interface Asked {
  readonly method: string;
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
  readonly #limits: GateLimits | undefined;
  readonly #atServer = new Outstanding<Asked>();
  /** Of the server: until its tools were accepted, and while a person may be reading a question. */
  readonly #unseen = new HeldMessages();
  /** Of the client: until the tools were accepted. */
  #waiting: Request[] = [];
  /** With which request the client opens the connection; undefined again when the server answers with an error. */
  #opening: string | undefined;
  /** On each request of ours, when the client's requests have one. */
  #envelope: Fields | undefined;
  /** The server has said who it is. */
  #introduced = false;
  /** Its answer to the opening, for the client, until the tools were accepted. */
  #hello: (Answer & { id: RequestId }) | undefined;
  #introduction: Announcement['server'] = {};
  #tools: unknown[] = [];
  #pages = 0;
  #listing: NodeJS.Timeout | undefined;
  readonly #accepted = new Set<string>();
  readonly #leftOut = new Set<string>();
  #open: boolean;
  #checking = false;
  #unsolicited = 0;
  #earlyPings = 0;
  #refused: Error | undefined;
  /** In our words alone: the reason may hold what nobody has accepted. */
  #toldClient = '';

  constructor(server: PausableTransport, accept: AcceptTools | undefined, limits?: GateLimits) {
    this.#server = server;
    this.#limits = limits?.bounds.none ? undefined : limits;
    // Tools can only be left out of a list that is looked at.
    this.#accept = accept ?? (this.#limits && (async () => {}));
    this.#open = this.#accept === undefined;
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
    if (method === 'initialize' && (this.#introduced || this.#opening === method))
      return this.#answer(id, INVALID_REQUEST, 'the server is already initialized');
    if (!this.#open && !this.#introduced && OPENINGS.includes(method) && this.#opening !== method)
      return this.#openWith(request, id);
    if (!this.#open && method !== 'ping') {
      this.#waiting.push(request);
      // Since 2026-07-28 a client need not ask first who the server is. The gate must know.
      if (this.#opening === undefined && envelopeOf(request.params))
        return this.#openWith({ ...request, method: 'server/discover' }, undefined);
      return;
    }
    const denied = method === 'tools/call' ? this.#whyDenied(request.params ?? {}) : undefined;
    if (denied !== undefined) return this.#answer(id, INVALID_PARAMS, denied);
    return this.#ask(request, id, (answered) => {
      const answer = { ...answered, id };
      // The only answer that a client gets before the tools were accepted: nothing of what stands in it passes.
      if (method === 'ping') this.#pong(answer);
      else if (method === 'tools/list') this.#listed(answer);
      else if (method === 'server/discover' && this.#accept !== undefined) this.#discovered(answer);
      else this.#deliver(method === LISTEN ? (subscribed(answer, () => id) ?? answer) : answer);
    });
  }

  #whyDenied({ name, arguments: args }: Record<string, unknown>): string | undefined {
    const tool = String(name);
    const because = this.#limits?.bounds.refusal(tool, args);
    if (because !== undefined) {
      this.#limits?.record({ tool, denied: because });
      return `the call of ${tool.slice(0, 64)} is not allowed: ${because}`;
    }
    if (this.#accept === undefined || this.#accepted.has(tool)) return undefined;
    return 'the server has not listed a tool of this name';
  }

  /** `clientId` undefined: the client has opened with another request, which waits. */
  #openWith({ method, params }: Pick<Request, 'method' | 'params'>, clientId: RequestId | undefined) {
    this.#opening = method;
    this.#envelope = envelopeOf(params);
    const asked = clientId === undefined ? { _meta: this.#envelope } : params;
    return this.#ask({ method, ...(asked && { params: asked }) }, clientId, (answer) =>
      this.#introduce(method, clientId, answer),
    );
  }

  #ask(
    message: { method: string; params?: Record<string, unknown> },
    clientId: RequestId | undefined,
    answered: Asked['answered'],
  ): Promise<void> {
    const id = this.#atServer.ask({ method: message.method, clientId, answered });
    return this.#server.send({ ...message, jsonrpc: '2.0', id });
  }

  /** A request that waits here is forgotten; one that the server has is cancelled under the id that it knows. */
  async #cancel(message: JSONRPCMessage & { params?: Record<string, unknown> | undefined }): Promise<void> {
    const clientId = message.params?.requestId as RequestId;
    this.#waiting = this.#waiting.filter(({ id }) => id !== clientId);
    if (this.#hello?.id === clientId) this.#hello = undefined;
    const id = this.#atServer.idOf(clientId);
    const asked = id === undefined ? undefined : this.#atServer.find(id);
    if (asked === undefined) return;
    asked.cancelled = true;
    if (!this.#introduced && asked.method === this.#opening) this.#opening = undefined;
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
    if ('method' in message) {
      const passed = subscribed(message, (id) => this.#listener(id));
      if (passed === undefined) this.#countUnsolicited('messages for subscriptions that do not exist');
      else this.#deliver(passed);
      return;
    }
    const asked = this.#atServer.take(message.id);
    if (asked === undefined) this.#countUnsolicited('answers without a request');
    else if (asked.cancelled === undefined) asked.answered(message);
  }

  /** The client's id of a subscription that it has. */
  #listener(id: unknown): RequestId | undefined {
    const asked = typeof id === 'number' ? this.#atServer.find(id) : undefined;
    return asked?.method === LISTEN && asked.cancelled === undefined ? asked.clientId : undefined;
  }

  #countUnsolicited(what: string): void {
    this.#unsolicited += 1;
    if (this.#unsolicited > MAX_UNSOLICITED)
      this.#end(new Failed(`it sent more than ${MAX_UNSOLICITED} ${what}`, SUSPICIOUS));
  }

  /** The server's answer to the opening: the client gets it once the tools were accepted as well. */
  #introduce(method: string, clientId: RequestId | undefined, answer: Answer): void {
    if (this.#introduced || this.#opening !== method) {
      // The client did not wait for it, and has opened in another way since.
      if (clientId !== undefined)
        this.#answer(clientId, INVALID_REQUEST, 'the connection was opened in another way');
      return;
    }
    if (!('result' in answer)) {
      this.#opening = undefined;
      for (const id of [clientId, ...this.#takeWaiting().map(({ id }) => id)])
        if (id !== undefined) this.#answerInError(id, method, answer.error);
      return;
    }
    this.#introduced = true;
    const result = method === 'initialize' ? answer.result : plainDiscovery(answer.result);
    if (clientId !== undefined) this.#hello = { jsonrpc: '2.0', id: clientId, result };
    try {
      this.#introduction = introduction(
        method === 'initialize' ? answer.result : helloOfDiscovery(answer.result),
      );
    } catch (error) {
      this.#end(asError(error), 'its introduction was not accepted; see SpendWise’s stderr');
      return;
    }
    if (method === 'initialize') this.#toServer({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const capabilities = answer.result.capabilities as Record<string, unknown> | undefined;
    const slow = new Failed(`it did not list its tools within ${LIST_MS / 1000} s`, 'run it again');
    this.#listing = setTimeout(() => this.#end(slow), LIST_MS).unref();
    if (capabilities?.tools === undefined) this.#allListed();
    else this.#askForTools({});
  }

  #askForTools(page: Fields): void {
    this.#pages += 1;
    const params = this.#envelope === undefined ? page : { ...page, _meta: this.#envelope };
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
    void this.#check(
      () => this.#withTools(this.#allowed(this.#tools)),
      () => this.#release(),
    );
  }

  /** A list that the client asked for. */
  #listed(answer: Answer & { id: RequestId }): void {
    const refuse = () => this.#answer(answer.id, REFUSED, this.#toldClient);
    if (!('result' in answer)) {
      this.#answerInError(answer.id, 'tools/list', answer.error);
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
    const allowed = this.#allowed(tools);
    const result = {
      tools: allowed,
      ...(typeof nextCursor === 'string' && { nextCursor }),
      ...cacheHints(answer.result),
    };
    void this.#check(
      () => this.#withTools(allowed),
      () => this.#deliver({ jsonrpc: '2.0', id: answer.id, result }),
      refuse,
    );
  }

  /** A client of 2026-07-28 may ask again and again who the server is. */
  #discovered(answer: Answer & { id: RequestId }): void {
    if (!('result' in answer)) {
      this.#answerInError(answer.id, 'server/discover', answer.error);
      return;
    }
    const { result } = answer;
    void this.#check(
      () => ({ server: introduction(helloOfDiscovery(result)), tools: {} }),
      () => this.#deliver({ ...answer, result: plainDiscovery(result) }),
      () => this.#answer(answer.id, REFUSED, this.#toldClient),
    );
  }

  /** Tools that were not left out: of the others nobody sees anything. */
  #allowed(tools: readonly unknown[]): unknown[] {
    const { bounds, record } = this.#limits ?? {};
    const nameOf = (tool: unknown) => String((tool as { name?: unknown } | null)?.name);
    const leftOut = tools.map(nameOf).filter((name) => bounds?.isLeftOut(name));
    const fresh = [...new Set(leftOut)]
      .filter((name) => !this.#leftOut.has(name))
      .slice(0, MAX_TOOLS - this.#leftOut.size);
    for (const name of fresh) this.#leftOut.add(name);
    if (fresh.length > 0) record?.({ leftOut: fresh.map((name) => name.slice(0, 200)) });
    return tools.filter((tool) => !bounds?.isLeftOut(nameOf(tool)));
  }

  #withTools(tools: readonly unknown[]): Announcement {
    return { server: this.#introduction, tools: announced(tools) };
  }

  /** Until it is done, whatever the server writes stays with it. */
  async #check(announce: () => Announcement, pass: () => void, refuse = () => {}): Promise<void> {
    this.#checking = true;
    this.#server.pause();
    try {
      const now = announce();
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
    for (const request of this.#takeWaiting()) this.#request(request).catch(() => {});
  }

  #takeWaiting(): Request[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
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
      ...this.#takeWaiting().map(({ id }) => id),
    ];
    for (const id of ids) if (id !== undefined) this.#answer(id, REFUSED, told);
    const [first = ''] = because.message.split('\n');
    // What was answered shall arrive.
    setImmediate(() => void this.#server.close(`ended by SpendWise: ${first.slice(0, 200)}`));
  }

  #answer(id: RequestId, code: number, message: string, data?: Fields): void {
    const error = { code, message: `SpendWise sandbox: ${message}`, ...(data && { data }) };
    this.#deliver({ jsonrpc: '2.0', id, error });
  }

  /** Without the server's words, which nobody has accepted. */
  #answerInError(id: RequestId, method: string, error: { code: number; data?: unknown }): void {
    this.#answer(id, error.code, `the server answered ${method} with an error`, versionsOffered(error));
  }

  #pong(answer: Answer & { id: RequestId }): void {
    if ('error' in answer) this.#answerInError(answer.id, 'ping', answer.error);
    else this.#deliver({ jsonrpc: '2.0', id: answer.id, result: {} });
  }

  #deliver(message: JSONRPCMessage): void {
    this.onmessage?.(message);
  }

  /** A server that is gone is reported by its end. */
  #toServer(message: JSONRPCMessage): void {
    this.#server.send(message).catch(() => {});
  }
}

const NOT_GRANTED = 'its tools have changed since they were granted; see SpendWise’s stderr';
const SUSPICIOUS = 'the server is broken or hostile';
const noList = () => new Failed('its answer to tools/list is not a list of tools', SUSPICIOUS);

const isRequest = (message: object): message is Request => 'method' in message && 'id' in message;
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
