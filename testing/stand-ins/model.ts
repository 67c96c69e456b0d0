import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { openEnvelope } from './envelope.ts';
import { closeServer, listenOnLoopback, readBody } from './listen.ts';
import { chatWire } from './model-chat.ts';
import { responsesWire } from './model-responses.ts';
import { nextStep, type Step, type Turn } from './model-rules.ts';
import { type Item, newId, type Request, type Wire } from './model-wire.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface ModelStandIn {
  /** What OPENAI_BASE_URL wants: ends in /v1. */
  readonly url: URL;
  close(): Promise<void>;
}

/** Decides the next step of a conversation. The rules by default; tests bring their own. */
export type Decide = (turn: Turn) => Step;

/** OpenAI's Responses API and Chat Completions on loopback, streaming and not, with fixed rules in place of a model. */
export async function startModelStandIn(
  options: { port?: number; decide?: Decide } = {},
): Promise<ModelStandIn> {
  const { port = 0, decide = nextStep } = options;
  const server = createServer((request, response) => {
    handle(request, response, decide).catch(() => response.destroy());
  });
  const url = await listenOnLoopback(server, port);
  return { url: new URL('/v1', url), close: () => closeServer(server) };
}

/** The APIs that the stand-in speaks, by path. */
const WIRES: Readonly<Record<string, Wire>> = {
  '/v1/responses': responsesWire,
  '/v1/chat/completions': chatWire,
};

async function handle(request: IncomingMessage, response: ServerResponse, decide: Decide): Promise<void> {
  const fail = (status: number, message: string) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
    );
  };
  const wire = Object.hasOwn(WIRES, request.url ?? '') ? WIRES[request.url ?? ''] : undefined;
  if (request.method !== 'POST' || wire === undefined)
    return fail(404, `only POST ${Object.keys(WIRES).join(' and ')}`);
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return fail(413, 'the request is too large');
  let raw: unknown;
  let parsed: Request;
  try {
    raw = JSON.parse(body);
    parsed = wire.read(raw);
  } catch {
    return fail(400, `the request is not one of the ${wire.name} API`);
  }
  const item = toItem(decide(toTurn(parsed)), parsed);
  const usage = { input: tokens(body), output: tokens(JSON.stringify(item)) };
  if (!parsed.stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(wire.whole(parsed, item, usage)));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const frame of wire.frames(parsed, item, usage, raw)) response.write(frame);
  response.end();
}

/** There is no tokeniser here: about four characters a token. */
const tokens = (text: string): number => Math.ceil(text.length / 4);

const unprefixed = (name: string): string => name.replace(/^.*?__/, '');

function toTurn(request: Request): Turn {
  const items: Item[] =
    typeof request.input === 'string' ? [{ role: 'user', content: request.input }] : request.input;
  const last = items.findLastIndex((item) => item.role === 'user');
  const calls = items.slice(last + 1).filter((item) => item.type === 'function_call');
  const outputs = new Map(
    items.filter((i) => i.type === 'function_call_output').map((i) => [i.call_id, i.output]),
  );
  return {
    order: textOf(items[last]?.content),
    today:
      /Today is (\d{4}-\d\d-\d\d)/.exec(request.instructions ?? '')?.[1] ??
      Temporal.Now.plainDateISO().toString(),
    tools: new Set((request.tools ?? []).map((tool) => unprefixed(tool.name))),
    done: calls.map((call) => ({
      tool: unprefixed(String(call.name)),
      args: (parseJson(String(call.arguments)) ?? {}) as Record<string, unknown>,
      result: openEnvelope(outputs.get(call.call_id)),
    })),
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((part) => String(part?.text ?? '')).join('') : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toItem(step: Step, { tools }: Request): Item {
  if ('say' in step) {
    const content = [{ type: 'output_text', text: step.say, annotations: [], logprobs: [] }];
    return { type: 'message', id: newId('msg'), role: 'assistant', status: 'completed', content };
  }
  const tool = tools?.find(({ name }) => unprefixed(name) === step.call);
  const required = (tool?.parameters?.required ?? []) as string[];
  // In strict mode every property is there; what is left out is null.
  const absent = Object.fromEntries(required.map((name) => [name, null]));
  const args = JSON.stringify({ ...absent, ...step.args });
  const id = newId('fc');
  const name = tool?.name ?? step.call;
  return { type: 'function_call', id, call_id: newId('call'), name, arguments: args, status: 'completed' };
}
