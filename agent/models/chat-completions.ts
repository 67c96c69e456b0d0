import { Failed } from '@spendwise/sandbox/errors';
import type OpenAI from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { z } from 'zod';
import { characterBound, tokenCount } from './answer-bounds.ts';
import { CallFragment, CallFragments } from './call-fragments.ts';
import { chatMessages, chatTools } from './chat-messages.ts';
import { distinctCalls } from './distinct-calls.ts';
import type { Endpoint } from './endpoint.ts';
import type { Answer, AnswerEvent, ConversationItem, ModelRequest } from './model.ts';
import type { TokenUsage } from './prices.ts';
import { cutShort, TRY_AGAIN } from './trouble.ts';

/** The fields of a chunk that are used. The last one may hold the usage and no choices. */
const Chunk = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        delta: z
          .looseObject({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            /** Thoughts of the model: counted, not shown. */
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            tool_calls: z.array(CallFragment).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .looseObject({
      prompt_tokens: z.number().nullish(),
      completion_tokens: z.number().nullish(),
      prompt_tokens_details: z.looseObject({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
});
type Chunk = z.infer<typeof Chunk>;

/** One answer over Chat Completions, the API that nearly every endpoint knows. */
export async function* chatAnswer(
  client: OpenAI,
  endpoint: Endpoint,
  request: ModelRequest,
  heard: () => void,
): AsyncGenerator<AnswerEvent> {
  const stream = await client.chat.completions.create(chatRequest(endpoint, request), {
    signal: request.signal,
  });
  const count = characterBound();
  const fragments = new CallFragments();
  let text = '';
  let ended: string | undefined;
  let usage: Chunk['usage'];
  for await (const event of stream) {
    heard();
    const parsed = Chunk.safeParse(event);
    if (!parsed.success || !('choices' in parsed.data))
      throw new Failed(
        'the model endpoint does not answer as Chat Completions does',
        'check OPENAI_BASE_URL',
      );
    usage = parsed.data.usage ?? usage;
    const choice = parsed.data.choices?.[0];
    const { content, refusal, reasoning_content, reasoning, tool_calls } = choice?.delta ?? {};
    count(reasoning_content ?? reasoning ?? '');
    for (const fragment of tool_calls ?? []) count(fragments.add(fragment));
    const delta = (content ?? '') + (refusal ?? '');
    if (delta !== '') {
      count(delta);
      text += delta;
      yield { type: 'text', delta };
    }
    ended = choice?.finish_reason ?? ended;
  }
  if (ended === undefined) throw new Failed("the model's answer broke off", TRY_AGAIN);
  if (ended === 'length') throw cutShort('max_tokens');
  if (ended === 'content_filter') throw cutShort('content_filter');
  yield whole(text, fragments, tokensOf(usage));
}

function chatRequest(
  { model, own }: Endpoint,
  { instructions, input, tools }: ModelRequest,
): ChatCompletionCreateParamsStreaming {
  return {
    model,
    messages: chatMessages(instructions, input),
    stream: true,
    stream_options: { include_usage: true },
    // Some endpoints refuse an empty list.
    ...(tools.length > 0 ? { tools: chatTools(tools), parallel_tool_calls: false } : {}),
    ...(own ? {} : { store: false }),
  };
}

/** Converts to items of the Responses API, which all conversations here use. */
function whole(text: string, fragments: CallFragments, usage: TokenUsage): Answer {
  const said: ConversationItem[] = text === '' ? [] : [{ role: 'assistant', content: text }];
  const called = fragments.calls.map(({ callId, name, arguments: args }) => ({
    type: 'function_call' as const,
    call_id: callId,
    name,
    arguments: args,
  }));
  const items = distinctCalls([...said, ...called]);
  const calls = items
    .filter((item) => item.type === 'function_call')
    .map((item) => ({ callId: item.call_id, name: item.name, arguments: item.arguments }));
  return { type: 'finished', items, text, calls, usage };
}

const tokensOf = (usage: Chunk['usage']): TokenUsage => ({
  inputTokens: tokenCount(usage?.prompt_tokens),
  cachedInputTokens: tokenCount(usage?.prompt_tokens_details?.cached_tokens),
  outputTokens: tokenCount(usage?.completion_tokens),
});
