import { Failed } from '@spendwise/sandbox/errors';
import type OpenAI from 'openai';
import { z } from 'zod';
import { characterBound, tokenCount } from './answer-bounds.ts';
import { distinctCalls } from './distinct-calls.ts';
import type { Endpoint } from './endpoint.ts';
import type { Answer, AnswerEvent, ConversationItem, ModelRequest } from './model.ts';
import { cutShort, FailedAnswer, TRY_AGAIN } from './trouble.ts';

/** The fields of a finished response that are used. Other items are replayed unchanged. */
const Finished = z.looseObject({
  status: z.string().nullish(),
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
  usage: z
    .looseObject({
      input_tokens: z.number(),
      output_tokens: z.number(),
      input_tokens_details: z.looseObject({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
});

/** One answer over the Responses API. Nothing is stored on the server (`store: false`). */
export async function* responsesAnswer(
  client: OpenAI,
  endpoint: Endpoint,
  request: ModelRequest,
  heard: () => void,
): AsyncGenerator<AnswerEvent> {
  const stream = await client.responses.create(responsesRequest(endpoint, request), {
    signal: request.signal,
  });
  const count = characterBound();
  let writing: number | undefined;
  for await (const event of stream) {
    heard();
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        if (typeof event.delta !== 'string') throw anotherApi();
        count(event.delta);
        // A new message starts a new paragraph.
        if (writing !== undefined && writing !== event.output_index)
          yield { type: 'text', delta: BETWEEN_MESSAGES };
        writing = event.output_index;
        yield { type: 'text', delta: event.delta };
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        yield whole(event.type, event.response);
        return;
      case 'error':
        throw new FailedAnswer(event.message, event.code ?? undefined);
    }
  }
  throw new Failed("the model's answer broke off", TRY_AGAIN);
}

export function responsesRequest({ model, own }: Endpoint, { instructions, input, tools }: ModelRequest) {
  return {
    model,
    instructions,
    input: [...input],
    tools: tools.map((tool) => ({ type: 'function' as const, ...tool })),
    parallel_tool_calls: false,
    store: false,
    stream: true as const,
    // Reasoning must be sent back, because no response is stored. Compatible endpoints may not support it.
    ...(own ? {} : { include: ['reasoning.encrypted_content' as const] }),
  };
}

const BETWEEN_MESSAGES = '\n\n';

const anotherApi = () =>
  new Failed('the model endpoint does not answer as the Responses API does', 'check OPENAI_BASE_URL');

/** Converts a response to an answer. An endpoint may send "completed" with a status that says otherwise. */
function whole(type: string, response: OpenAI.Responses.Response): Answer {
  if (type === 'response.failed' || response.status === 'failed')
    throw new FailedAnswer(response.error?.message, response.error?.code);
  if (type === 'response.incomplete' || response.status === 'incomplete')
    throw cutShort(response.incomplete_details?.reason);
  const parsed = Finished.safeParse(response);
  if (!parsed.success) throw anotherApi();
  const items = distinctCalls(response.output as ConversationItem[]);
  const messages = [];
  const calls = [];
  for (const item of items) {
    if (item.type === 'function_call')
      calls.push({ callId: item.call_id, name: item.name, arguments: item.arguments });
    if (item.type === 'message') messages.push(textOf(item.content as Part[]));
  }
  const { usage } = parsed.data;
  return {
    type: 'finished',
    items,
    text: messages.filter((text) => text !== '').join(BETWEEN_MESSAGES),
    calls,
    usage: {
      inputTokens: tokenCount(usage?.input_tokens),
      cachedInputTokens: tokenCount(usage?.input_tokens_details?.cached_tokens),
      outputTokens: tokenCount(usage?.output_tokens),
    },
  };
}

type Part = { type: string; text?: string; refusal?: string };

const textOf = (content: readonly Part[]): string =>
  content.map((part) => (part.type === 'output_text' ? part.text : part.refusal) ?? '').join('');
