import type OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { Failed, NotConfigured, type SpendwiseError } from '../errors.ts';
import { plainText } from '../plain-text.ts';
import type { ConversationItem, Model, ModelEvent, ModelRequest } from './model.ts';

const MAX_RETRIES = 2;
/** Silence for this long ends the request: a stream that stalls would hang the run. */
const IDLE_MS = 60_000;
/** Wall clock for one answer: a stream that drips for ever would too. */
const ANSWER_MS = 300_000;
const MAX_ANSWER_CHARS = 400_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface OpenAiOptions {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly idleMs?: number;
  readonly answerMs?: number;
}

/** What we rely on in a finished response. Anything else passes through to the next request as it came. */
const Finished = z.object({
  output: z.array(
    z.union([
      z.looseObject({
        type: z.literal('function_call'),
        call_id: z.string().min(1),
        name: z.string(),
        arguments: z.string(),
      }),
      z.looseObject({
        type: z.literal('message'),
        content: z.array(
          z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() }),
        ),
      }),
      z.looseObject({ type: z.string().refine((type) => type !== 'function_call' && type !== 'message') }),
    ]),
  ),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }).nullish(),
});

/** OpenAI's Responses API, or any endpoint that speaks it. Keeps nothing on the server (`store: false`). */
export function openAiModel(options: OpenAiOptions): Model {
  // Imported while the servers start: it takes some 90 ms.
  const client = import('openai').then(
    ({ default: Client }) =>
      new Client({
        apiKey: options.apiKey,
        baseURL: options.baseUrl ?? null,
        fetch: boundedFetch,
        maxRetries: MAX_RETRIES,
        timeout: IDLE_MS,
        // Its log would go to stdout, with request bodies.
        logLevel: 'off',
      }),
  );
  return {
    name: options.model,
    async *respond(request) {
      const openai = await client;
      const endpoint = new URL(openai.baseURL).origin;
      const deadline = new AbortController();
      const timers = watch(deadline, options);
      const signal = AbortSignal.any([request.signal, deadline.signal]);
      try {
        const stream = await openai.responses.create(
          { ...parameters(options, request), stream: true },
          { signal },
        );
        yield* events(stream, timers.heard);
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        throw explain(error, endpoint, options.model, deadline.signal);
      } finally {
        timers.clear();
      }
    },
  };
}

/** An endpoint that sends without end must not fill the memory: the client's own buffers know no bound. */
const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  let size = 0;
  const bounded = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength;
        if (size > MAX_ANSWER_BYTES)
          controller.error(new Failed('the model would not stop sending', TRY_AGAIN));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Response(bounded ?? null, response);
};

function parameters({ model, baseUrl }: OpenAiOptions, { instructions, input, tools }: ModelRequest) {
  return {
    model,
    instructions,
    input: [...input],
    tools: tools.map((tool) => ({ type: 'function' as const, ...tool })),
    parallel_tool_calls: false,
    store: false,
    // Without a stored response, reasoning must travel with us. Compatible endpoints may not know the word.
    ...(baseUrl === undefined ? { include: ['reasoning.encrypted_content' as const] } : {}),
  };
}

async function* events(
  stream: AsyncIterable<ResponseStreamEvent>,
  heard: () => void,
): AsyncGenerator<ModelEvent> {
  let size = 0;
  for await (const event of stream) {
    heard();
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        size += event.delta.length;
        if (size > MAX_ANSWER_CHARS)
          throw new Failed('the model would not stop writing', 'ask for something shorter');
        yield { type: 'text', delta: event.delta };
        break;
      case 'response.completed':
        yield finished(event.response);
        return;
      case 'response.incomplete': {
        const reason = event.response.incomplete_details?.reason ?? 'no reason given';
        throw new Failed(
          `the model's answer was cut short (${plainText(reason)})`,
          'ask for less, or take another model',
        );
      }
      case 'response.failed':
        throw new Failed(
          `the model failed: ${plainText(event.response.error?.message ?? 'no reason given')}`,
          TRY_AGAIN,
        );
      case 'error':
        throw new Failed(`the model failed: ${plainText(event.message)}`, TRY_AGAIN);
    }
  }
  throw new Failed("the model's answer broke off", TRY_AGAIN);
}

const TRY_AGAIN = 'try again; if it stays, check the endpoint behind OPENAI_BASE_URL';

function finished(response: OpenAI.Responses.Response): ModelEvent {
  const parsed = Finished.safeParse(response);
  if (!parsed.success) {
    throw new Failed('the model endpoint does not answer as the Responses API does', 'check OPENAI_BASE_URL');
  }
  let text = '';
  const calls = [];
  for (const item of response.output) {
    if (item.type === 'function_call')
      calls.push({ callId: item.call_id, name: item.name, arguments: item.arguments });
    if (item.type !== 'message') continue;
    for (const part of item.content)
      text += part.type === 'output_text' ? (part.text ?? '') : (part.refusal ?? '');
  }
  const { usage } = parsed.data;
  return {
    type: 'finished',
    items: response.output as ConversationItem[],
    text,
    calls,
    usage: { inputTokens: usage?.input_tokens ?? 0, outputTokens: usage?.output_tokens ?? 0 },
  };
}

function watch(controller: AbortController, { idleMs = IDLE_MS, answerMs = ANSWER_MS }: OpenAiOptions) {
  const abort = (ms: number) =>
    controller.abort(new Error(`nothing more came for ${Math.round(ms / 1000)} s`));
  const whole = setTimeout(abort, answerMs, answerMs);
  const idle = setTimeout(abort, idleMs, idleMs);
  return {
    heard: () => void idle.refresh(),
    clear: () => {
      clearTimeout(whole);
      clearTimeout(idle);
    },
  };
}

/** Never the request, never a header: only what a person can act on. */
function explain(
  error: unknown,
  endpoint: string,
  model: string,
  deadline: AbortSignal,
): SpendwiseError | Error {
  if (error instanceof Failed) return error;
  if (deadline.aborted) return new Failed(`the model at ${endpoint} went silent`, TRY_AGAIN);
  const status = field(error, 'status');
  if (status === 401 || status === 403) {
    return new NotConfigured(`the model at ${endpoint} refused the key (${status})`, 'check OPENAI_API_KEY');
  }
  const message = plainText(error instanceof Error ? error.message : String(error)).slice(0, 200);
  if (status === 404)
    return new NotConfigured(`${endpoint} has no model "${model}" (404)`, 'set OPENAI_MODEL');
  if (status === 429)
    return new Failed(`the model at ${endpoint} is out of quota or busy (429)`, 'wait, then try again');
  if (typeof status === 'number' && status >= 500)
    return new Failed(`the model at ${endpoint} failed (${status})`, TRY_AGAIN);
  if (typeof status === 'number')
    return new Failed(`the model at ${endpoint} refused the request: ${message}`, TRY_AGAIN);
  const code = field(field(error, 'cause'), 'code') ?? field(field(field(error, 'cause'), 'cause'), 'code');
  if (code !== undefined) {
    return new Failed(
      `the model at ${endpoint} cannot be reached (${String(code)})`,
      'check the network and OPENAI_BASE_URL',
      error,
    );
  }
  return new Failed(`the model at ${endpoint} gave no usable answer: ${message}`, TRY_AGAIN, error);
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
