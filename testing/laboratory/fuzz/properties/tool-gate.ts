import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { canonicalJson } from '../../../../agent/sandbox/foundation/canonical-json.ts';
import { helloOfDiscovery } from '../../../../agent/sandbox/protocol/era.ts';
import type { Announcement } from '../../../../agent/sandbox/protocol/tool-changes.ts';
import { ToolGate } from '../../../../agent/sandbox/protocol/tool-gate.ts';
import { fuzz } from '../fuzz-property.ts';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly name?: string };
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Ids as a number, as text, as what JavaScript takes for the same; few, so that they meet each other and ours. */
const id = fc.constantFrom<unknown>(0, -0, 1, 2, 3, '1', '2', '', 1.5, '1.0', ' 1', null, 'null', 1e21, -1);
/** What a server makes of an id that it was asked under. */
const alias = fc.oneof(
  { weight: 6, arbitrary: fc.constant((asked: number): unknown => asked) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<((asked: number) => unknown)[]>(
      String,
      (asked) => -asked,
      (asked) => asked + 0.5,
      (asked) => asked + 1,
      (asked) => [asked],
      () => undefined,
    ),
  },
  { weight: 1, arbitrary: id.map((other) => () => other) },
);
/** Stands for a text that is longer than an introduction may be. */
const TOO_LONG = 'too long';
const text = fc.constantFrom('x', 'y', 'z');
const tool = fc.record({ name: fc.constantFrom('a', 'b', '1', '__proto__'), description: text, title: text });
/** Answers any request, one way or the other. */
const result = fc.record(
  {
    capabilities: fc.constantFrom({ tools: {} }, { tools: {} }, {}),
    instructions: fc.oneof({ weight: 30, arbitrary: text }, { weight: 1, arbitrary: fc.constant(TOO_LONG) }),
    tools: fc.oneof(
      { weight: 8, arbitrary: fc.uniqueArray(tool, { maxLength: 3, selector: ({ name }) => name }) },
      { weight: 1, arbitrary: fc.constantFrom([{ name: 'a' }, { name: 'a' }], [{}], 'none', null) },
    ),
    nextCursor: fc.constantFrom('more', 5, null),
    supportedVersions: fc.constant(['2026-07-28']),
    ttlMs: fc.constantFrom<unknown>(0, 1, -1, 'x'),
    _meta: fc.constantFrom<object>({ 'io.modelcontextprotocol/serverInfo': { name: 'x' } }, { y: 'z' }),
  },
  { requiredKeys: ['capabilities', 'instructions', 'tools'] },
);
const ofClient = fc.constantFrom(
  'initialize',
  'server/discover',
  'tools/list',
  'tools/list',
  'tools/call',
  'ping',
  'prompts/get',
);
const ofServer = fc.constantFrom(
  'sampling/createMessage',
  'elicitation/create',
  'ping',
  'notifications/message',
);
const times = (many: number) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(1, 1, 2) }, { weight: 1, arbitrary: fc.constant(many) });

const step = fc.oneof(
  fc.record({
    by: fc.constant('client' as const),
    id,
    method: ofClient,
    name: fc.constantFrom('a', 'b', '1'),
    /** As since 2026-07-28. */
    envelope: fc.boolean(),
  }),
  fc.record({ by: fc.constant('cancel' as const), id }),
  fc.record({ by: fc.constant('answer' as const), nth: fc.nat(40), alias, result, times: times(120) }),
  fc.record({ by: fc.constant('answer' as const), nth: fc.constant(-1), alias, result, times: times(1) }),
  fc.record({ by: fc.constant('server' as const), id, method: ofServer, times: times(1_001) }),
  fc.record({ by: fc.constant('person' as const), yes: fc.constantFrom(true, true, true, false) }),
  fc.record({ by: fc.constant('time' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A client, a server and a person around a gate. They check each message that passes it. */
class Scene {
  readonly gate: ToolGate;
  closed = 0;
  /** The first assertion that failed: where it is thrown the gate may take it for an error of the server. */
  failure: unknown;
  /** Of the client, by id: how many answers it may still get, to which methods, and how many it must get. */
  readonly #may = new Map<string, { count: number; methods: string[] }>();
  readonly #must = new Map<string, number>();
  /** Ids that the server was asked under, and those of them that it has answered. */
  readonly #asked: number[] = [];
  readonly #answered = new Set<unknown>();
  readonly #questions: ((yes: boolean) => void)[] = [];
  readonly #accepted = {
    introductions: new Set<string>(),
    tools: new Set<string>(),
    names: new Set<string>(),
  };
  readonly #server = {
    start: async () => {},
    pause: () => {},
    resume: () => {},
    send: async (message: JSONRPCMessage) => this.#watch(() => this.#atServer(message as Message)),
    close: async () => this.end(),
    onclose: undefined as (() => void) | undefined,
    onerror: undefined,
    onmessage: undefined as ((message: JSONRPCMessage) => void) | undefined,
  };

  constructor() {
    this.gate = new ToolGate(this.#server, (now) => this.#question(now));
    this.gate.onmessage = (message) => this.#watch(() => this.#atClient(message as Message));
    this.gate.onclose = () => {
      this.closed += 1;
    };
  }

  async take(step: Step): Promise<void> {
    if (step.by === 'client') {
      const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
      await this.request(step.id, step.method, { name: step.name, ...(step.envelope && { _meta }) });
    } else if (step.by === 'cancel') await this.#cancel(step.id);
    else if (step.by === 'person') this.#questions.shift()?.(step.yes);
    else if (step.by === 'time') await turn();
    else if (step.by === 'answer') {
      const asked = this.#asked.at(step.nth < 0 ? -1 : step.nth % (this.#asked.length || 1)) ?? 1;
      const { instructions } = step.result;
      const result =
        instructions === TOO_LONG ? { ...step.result, instructions: 'x'.repeat(300_000) } : step.result;
      for (let n = 0; n < step.times; n += 1) this.#say({ id: step.alias(asked), result });
    } else {
      const { method } = step;
      const message = method.startsWith('notifications/') ? { method } : { id: step.id, method };
      for (let n = 0; n < step.times; n += 1) this.#say(message);
    }
  }

  async request(id: unknown, method: string, params: object): Promise<void> {
    const key = keyOf(id);
    const { count, methods } = this.#may.get(key) ?? { count: 0, methods: [] };
    this.#may.set(key, { count: count + 1, methods: [...methods, method] });
    this.#must.set(key, (this.#must.get(key) ?? 0) + 1);
    await this.gate.send({ jsonrpc: '2.0', id, method, params } as JSONRPCMessage);
  }

  /** All say yes, and the server answers each request once and well. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 100; rounds += 1) {
      await turn();
      for (const answer of this.#questions.splice(0)) answer(true);
      const due = this.#asked.find((asked) => !this.#answered.has(asked));
      if (due !== undefined) this.#say({ id: due, result: { capabilities: { tools: {} }, tools: [] } });
    }
  }

  /** The server ends, once. */
  end(): void {
    this.#server.onclose?.();
    this.#server.onclose = undefined;
  }

  /** Ids of requests that wait. */
  get waiting(): string[] {
    return [...this.#must].filter(([, count]) => count > 0).map(([key]) => key);
  }

  async #cancel(id: unknown): Promise<void> {
    // What a person has just agreed to is on its way.
    await turn();
    const key = keyOf(id);
    const may = this.#may.get(key);
    // MCP forbids it.
    if (may?.methods.includes('initialize')) return;
    this.#must.set(key, 0);
    // An answer may be on its way, behind the person's; of two requests under one id nobody knows which is meant.
    if (may?.count === 1 && this.#questions.length === 0) this.#may.delete(key);
    await this.gate.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: id },
    } as JSONRPCMessage);
  }

  #watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failure ??= error;
    }
  }

  #say(message: Message): void {
    if (message.method === undefined && this.#asked.includes(message.id as number))
      this.#answered.add(message.id);
    this.#server.onmessage?.({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
  }

  async #question(now: Announcement): Promise<void> {
    const yes = await new Promise<boolean>((answer) => this.#questions.push(answer));
    if (!yes) throw new Error('no');
    this.#accepted.introductions.add(canonicalJson(now.server));
    for (const [name, parts] of Object.entries(now.tools)) {
      this.#accepted.names.add(name);
      this.#accepted.tools.add(canonicalJson([name, canonicalJson(parts)]));
    }
  }

  get #open(): boolean {
    return this.#accepted.introductions.size > 0;
  }

  #atServer({ id, method, params }: Message): void {
    if (method === undefined || id === undefined) return;
    assert.ok(typeof id === 'number' && !this.#asked.includes(id), 'the server is asked under an id of ours');
    this.#asked.push(id);
    assert.ok(
      this.#open || ['initialize', 'server/discover', 'tools/list', 'ping'].includes(method),
      `${method} is early`,
    );
    if (method === 'tools/call') assert.ok(this.#accepted.names.has(params?.name ?? ''), 'an accepted tool');
  }

  #atClient({ id, method, result, error }: Message): void {
    if (!error?.message.startsWith('SpendWise sandbox: ')) {
      assert.equal(this.gate.refused, undefined, 'after the end nothing of the server passes');
      assert.equal(this.#questions.length, 0, 'while a question stands nothing of the server passes');
    }
    if (method !== undefined) {
      assert.ok(this.#open, `the client hears ${method} early`);
      return;
    }
    const key = keyOf(id);
    const { count, methods } = this.#may.get(key) ?? { count: 0, methods: [] };
    const fits = methods.some((asked) => result === undefined || this.#fits(asked, result));
    assert.ok(fits, `${key} gets what it did not ask for: ${JSON.stringify(result ?? error)}`);
    if (count > 1) this.#may.set(key, { count: count - 1, methods });
    else this.#may.delete(key);
    this.#must.set(key, Math.max(0, (this.#must.get(key) ?? 0) - 1));
  }

  /** Whether a result may be the answer to such a request. */
  #fits(method: string, result: Record<string, unknown>): boolean {
    const { introductions, tools } = this.#accepted;
    if (method === 'ping') return true;
    if (method === 'initialize') {
      return introductions.has(inParts({ capabilities: {}, ...result }));
    }
    if (method === 'server/discover')
      return introductions.has(inParts({ capabilities: {}, ...helloOfDiscovery(result) }));
    if (method !== 'tools/list') return this.#open;
    return (
      Array.isArray(result.tools) &&
      (result.ttlMs === undefined || Number.isSafeInteger(result.ttlMs)) &&
      result.tools.every(({ name, ...rest }) => tools.has(canonicalJson([name, inParts(rest)])))
    );
  }
}

/** As an announcement has it: each part in canonical JSON. */
const inParts = (value: object): string =>
  canonicalJson(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, canonicalJson(part)])));

/** -0 is 0 on the wire; "1" is not 1. */
const keyOf = (id: unknown): string => JSON.stringify(id) ?? 'none';

export const toolGateProperties = [
  fuzz(
    'no matter who says what in which order, a client gets one answer to what it asked, and nothing that was not accepted',
    { cases: 1_500, share: 3 },
    fc.tuple(fc.array(step, { maxLength: 40 }), fc.boolean()),
    async ([steps, serverGoes]) => {
      const scene = new Scene();
      for (const each of steps) await scene.take(each);
      if (!serverGoes) {
        await scene.request('last', 'initialize', {});
        await scene.settle();
        assert.ifError(scene.failure);
        assert.deepEqual(scene.waiting, []);
      }
      scene.end();
      assert.ifError(scene.failure);
      assert.equal(scene.closed, 1);
    },
  ),
];
