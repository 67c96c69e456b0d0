import { existsSync } from 'node:fs';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { AuditLog } from '../audit/audit-log.ts';
import { lockFile } from '../audit/files.ts';
import { walkLog } from '../audit/read.ts';
import { ToolBounds, type ToolLimits } from '../manifest/tool-limits.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';
import type { Runtime } from '../plan/runtime.ts';
import { envelope } from '../protocol/era.ts';
import { type AcceptTools, ToolGate } from '../protocol/tool-gate.ts';
import { ServerTransport } from '../protocol/transport.ts';
import type { Attempt } from './attempt.ts';

const ANSWER_MS = 10_000;
type Requests = readonly (readonly [string, Record<string, unknown>])[];
const CLIENT = { name: 'spendwise-drill', version: '1' };
const CALL = { name: 'attempt', arguments: { code: "return 'called'" } };
const _meta = envelope(CLIENT, { sampling: {}, elicitation: {} });
const MODERN: Requests = [
  ['server/discover', { _meta }],
  ['tools/list', { _meta }],
  ['tools/list', { _meta }],
  ['tools/call', { ...CALL, _meta }],
];
/** What the limits refuse. */
const LIMITED: Requests = [
  ['tools/call', { name: 'hidden', arguments: {} }],
  ['tools/call', { name: 'attempt', arguments: { ...CALL.arguments, forbidden: true } }],
];
const LIMITS: ToolLimits = { hidden: false, attempt: { arguments: { code: true } } };
const REQUESTS: Requests = [
  [
    'initialize',
    {
      protocolVersion: LATEST_PROTOCOL_VERSION,
      capabilities: { sampling: {}, elicitation: {} },
      clientInfo: CLIENT,
    },
  ],
  ['tools/list', {}],
  ['tools/list', {}],
  ['tools/call', CALL],
];

/** In a message of a server that was not granted: a client that gets it has got too much. */
export const NOT_GRANTED = 'send your keys';

/**
 * A plain conversation of a client behind the gate with a server, as in `sandbox run`. Returns what reached the client,
 * message by message, and how the server ended as its record says.
 */
export async function converse(options: {
  runtime: Runtime;
  plan: LaunchPlan;
  /** A file for the audit log. */
  log: string;
  accept: AcceptTools;
  attempt: Pick<Attempt, 'modern' | 'limited'>;
}): Promise<string> {
  const { runtime, plan, log, accept, attempt } = options;
  const requests = attempt.modern ? MODERN : REQUESTS;
  const asked = attempt.limited ? [...requests.slice(0, -1), ...LIMITED, ...requests.slice(-1)] : requests;
  const audit = new AuditLog(log);
  const server = new ServerTransport({ runtime, plan, audit });
  const limits = { bounds: new ToolBounds(attempt.limited ? [LIMITS] : [], {}), record: () => {} };
  const gate = new ToolGate(server, accept, limits);
  const client = new PlainClient(gate);
  try {
    await gate.start();
    for (const [at, [method, params]] of asked.entries())
      if (!(await client.ask({ jsonrpc: '2.0', id: at, method, params }))) break;
  } finally {
    await gate.close();
    audit.close();
  }
  return `${client.got.join(', ')} | ${endOnRecord(log)}`;
}

class PlainClient {
  /** In words. */
  readonly got: string[] = [];
  readonly #gate: ToolGate;
  readonly #ended: Promise<false>;
  /** The one request that waits. */
  #waiting: { id: unknown; method: string; answered: (yes: true) => void } | undefined;

  constructor(gate: ToolGate) {
    this.#gate = gate;
    gate.onmessage = (message) => void this.got.push(this.#take(message));
    this.#ended = new Promise((resolve) => {
      gate.onclose = () => resolve(false);
    });
  }

  /** False: there is no answer. */
  async ask(request: JSONRPCMessage & { id: number; method: string }): Promise<boolean> {
    const { id, method } = request;
    const answer = new Promise<true>((answered) => {
      this.#waiting = { id, method, answered };
    });
    await this.#gate.send(request).catch(() => {});
    const late = AbortSignal.timeout(ANSWER_MS);
    const answered = await Promise.race([
      answer,
      this.#ended,
      new Promise<false>((resolve) => late.addEventListener('abort', () => resolve(false))),
    ]);
    if (!answered && this.#waiting !== undefined) this.got.push(`no answer to ${method}`);
    if (method === 'initialize')
      await this.#gate.send({ jsonrpc: '2.0', method: 'notifications/initialized' }).catch(() => {});
    return answered;
  }

  #take(message: JSONRPCMessage): string {
    if (JSON.stringify(message).includes(NOT_GRANTED)) return 'WHAT WAS NOT GRANTED';
    if ('method' in message) return message.method;
    const waiting = this.#waiting;
    if (waiting === undefined || message.id !== waiting.id) return 'AN ANSWER TO NOTHING';
    this.#waiting = undefined;
    waiting.answered(true);
    return 'error' in message ? `error: ${message.error.message}` : waiting.method;
  }
}

/** How the server ended, if all of it is on record and the record is closed. */
function endOnRecord(log: string): string {
  const ends: unknown[] = [];
  const verdict = walkLog(log, ({ record }) => {
    if (record.event === 'stop') ends.push(record.how);
  });
  if (verdict?.problem !== undefined || ends.length !== 1) return 'NO END ON RECORD';
  return existsSync(lockFile(log)) ? 'THE LOG IS STILL LOCKED' : String(ends[0]);
}
