import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { closeServer, listenOnLoopback, readBody } from './listen.ts';
import { nextStep, type Step, type Turn } from './model-rules.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface ModelStandIn {
  /** What OPENAI_BASE_URL wants: ends in /v1. */
  readonly url: URL;
  close(): Promise<void>;
}

/** Decides the next step of a conversation. The rules by default; tests bring their own. */
export type Decide = (turn: Turn) => Step;

/** OpenAI's Responses API on loopback, streaming and not, with fixed rules in place of a model. */
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

/** The part of a request that the rules read. */
const Request = z.object({
  model: z.string(),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  input: z.union([
    z.string(),
    z.array(z.looseObject({ type: z.string().optional(), role: z.string().optional() })),
  ]),
  tools: z
    .array(z.looseObject({ type: z.string(), name: z.string(), parameters: z.looseObject({}).nullish() }))
    .nullish(),
});
type Request = z.infer<typeof Request>;
type Item = Record<string, unknown>;

async function handle(request: IncomingMessage, response: ServerResponse, decide: Decide): Promise<void> {
  const fail = (status: number, message: string) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
    );
  };
  if (request.method !== 'POST' || request.url !== '/v1/responses')
    return fail(404, 'only POST /v1/responses');
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return fail(413, 'the request is too large');
  let parsed: Request;
  try {
    parsed = Request.parse(JSON.parse(body));
  } catch {
    return fail(400, 'the request is not one of the Responses API');
  }
  const item = toItem(decide(toTurn(parsed)), parsed);
  const done = responseObject(parsed, [item], 'completed', usageOf(body, item));
  if (!parsed.stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(done));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  let sequence = 0;
  for (const event of eventsFor(item, responseObject(parsed, [], 'in_progress', null, done.id), done)) {
    response.write(
      `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`,
    );
    sequence += 1;
  }
  response.end();
}

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
      result: resultOf(outputs.get(call.call_id)),
    })),
  };
}

/** A tool's result out of the envelope that marks it as data; refusals come without one. */
function resultOf(output: unknown): unknown {
  const value = parseJson(String(output)) ?? output;
  return value instanceof Object && 'untrusted_data_from' in value && 'data' in value ? value.data : value;
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

const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

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

/** There is no tokeniser here: about four characters a token. */
const tokens = (text: string): number => Math.ceil(text.length / 4);

function usageOf(body: string, item: Item) {
  const [input, output] = [tokens(body), tokens(JSON.stringify(item))];
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

function responseObject(
  request: Request,
  output: Item[],
  status: string,
  usage: unknown,
  id = newId('resp'),
) {
  return {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    metadata: {},
    model: request.model,
    output,
    parallel_tool_calls: false,
    store: false,
    temperature: null,
    tool_choice: 'auto',
    tools: request.tools ?? [],
    top_p: null,
    usage,
  };
}

/** The events of one item, in the API's order; the text in words, so that a client sees it stream. */
function* eventsFor(
  item: Item,
  started: unknown,
  done: unknown,
): Generator<{ type: string } & Record<string, unknown>> {
  yield { type: 'response.created', response: started };
  yield { type: 'response.in_progress', response: started };
  const at = { output_index: 0, item_id: item.id };
  if (item.type === 'message') {
    const [part] = item.content as [{ text: string }];
    const place = { ...at, content_index: 0 };
    yield {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    };
    yield { type: 'response.content_part.added', ...place, part: { ...part, text: '' } };
    for (const delta of part.text.match(/\S*\s*/g) ?? []) {
      if (delta) yield { type: 'response.output_text.delta', ...place, delta, logprobs: [] };
    }
    yield { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] };
    yield { type: 'response.content_part.done', ...place, part };
  } else {
    yield {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', arguments: '' },
    };
    yield { type: 'response.function_call_arguments.delta', ...at, delta: item.arguments };
    yield {
      type: 'response.function_call_arguments.done',
      ...at,
      name: item.name,
      arguments: item.arguments,
    };
  }
  yield { type: 'response.output_item.done', output_index: 0, item };
  yield { type: 'response.completed', response: done };
}
