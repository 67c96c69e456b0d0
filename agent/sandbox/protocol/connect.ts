import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { type JSONRPCMessage, LATEST_PROTOCOL_VERSION, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { Failed, SpendwiseError } from '../foundation/errors.ts';
import { plainText } from '../foundation/plain-text.ts';
import { itSaid } from '../foundation/shown/it-said.ts';
import { envelope } from './era.ts';
import { type Announcement, announcementChanges } from './tool-changes.ts';
import { type GateLimits, ToolGate } from './tool-gate.ts';
import type { ServerTransport } from './transport.ts';

const START_MS = 20_000;
const MAX_PAGES = 20;
const SUSPICIOUS = 'the server is broken or hostile';

export interface Connected {
  readonly client: Client;
  readonly tools: readonly Tool[];
  /** All that it said of itself and of its tools while it started: nothing else came through. */
  readonly announcement: Announcement;
}

/**
 * Starts a server and asks who it is and which tools it has: with `initialize`, and where it has left that era behind with
 * `server/discover`. We claim all abilities of a client, for some servers have more tools then. Throws Failed, with the end
 * of its stderr, when it does not answer.
 */
export async function announce(
  name: string,
  transport: ServerTransport,
  signal: AbortSignal | undefined,
  limits?: GateLimits,
): Promise<Announcement> {
  let announcement: Announcement | undefined;
  const gate = new ToolGate(
    transport,
    async (now) => {
      announcement = now;
    },
    limits,
  );
  try {
    await gate.start();
    let answer: JSONRPCMessage | undefined;
    for (const [method, params] of HELLOS) {
      answer = await answerTo(gate, { jsonrpc: '2.0', id: method, method, params }, signal);
      if (announcement !== undefined) return announcement;
    }
    throw new Error(answer && 'error' in answer ? answer.error.message : 'no introduction');
  } catch (error) {
    throw await whyNotStarted(name, transport, gate, signal, error);
  }
}

const CLIENT = { name: 'spendwise', version: '0.1.0' };
const CAPABILITIES = { roots: { listChanged: true }, sampling: {}, elicitation: {} };
const HELLOS: readonly (readonly [string, Record<string, unknown>])[] = [
  [
    'initialize',
    { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities: CAPABILITIES, clientInfo: CLIENT },
  ],
  ['server/discover', { _meta: envelope(CLIENT, CAPABILITIES) }],
];

/** Rejects when the server ends first, or takes longer than a client waits. */
function answerTo(
  gate: ToolGate,
  request: JSONRPCMessage & { id: string },
  signal: AbortSignal | undefined,
): Promise<JSONRPCMessage> {
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(START_MS);
    const ending = signal === undefined ? late : AbortSignal.any([signal, late]);
    ending.addEventListener('abort', () => reject(new Error(`no answer in ${START_MS / 1000} s`)));
    if (ending.aborted) reject(new Error('interrupted'));
    gate.onclose = () => reject(new Error('it ended'));
    gate.onmessage = (message) => {
      if ('id' in message && message.id === request.id && !('method' in message)) resolve(message);
    };
    gate.send(request).catch(reject);
  });
}

/** Ends it, and says what is known of why. */
async function whyNotStarted(
  name: string,
  transport: ServerTransport,
  gate: ToolGate,
  signal: AbortSignal | undefined,
  error: unknown,
): Promise<unknown> {
  const ended = transport.ended;
  await transport.close();
  if (signal?.aborted) return signal.reason;
  if (error instanceof SpendwiseError) return error;
  if (gate.refused instanceof Failed)
    return new Failed(`the ${name} server did not start: ${gate.refused.message}`, gate.refused.hint, error);
  const how = ended ?? plainText(String(error).slice(0, 200));
  return new Failed(
    `the ${name} server did not start (${how})`,
    itSaid(transport.stderr) ?? 'it said nothing',
    error,
  );
}

/** The same for an SDK client of ours, which then speaks to it. */
export async function connect(
  name: string,
  transport: ServerTransport,
  signal: AbortSignal | undefined,
  limits?: GateLimits,
): Promise<Connected> {
  const client = new Client(CLIENT);
  let announcement: Announcement | undefined;
  const gate = new ToolGate(
    transport,
    async (now) => {
      announcement ??= now;
      if (announcementChanges(announcement, now).length > 0)
        throw new Failed(`the ${name} server listed different tools the second time`, SUSPICIOUS);
    },
    limits,
  );
  try {
    await client.connect(gate, { timeout: START_MS, ...(signal && { signal }) });
    const tools = await allTools(client);
    return { client, tools, announcement: announcement ?? { server: {}, tools: {} } };
  } catch (error) {
    throw await whyNotStarted(name, transport, gate, signal, error);
  }
}

/** Every page of a server's tools. */
export async function allTools(client: Client): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const listed = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: START_MS });
    tools.push(...listed.tools);
    cursor = listed.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Failed(`a server lists more than ${MAX_PAGES} pages of tools`, SUSPICIOUS);
}
