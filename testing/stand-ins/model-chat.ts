import { z } from 'zod';
import { type Item, newId, type Request, type TokenCount, type Wire, words } from './model-wire.ts';

const Content = z.union([z.string(), z.array(z.looseObject({ text: z.string().nullish() }))]).nullish();

/** The part of a request that is read. */
const ChatRequest = z.object({
  model: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: Content,
      tool_call_id: z.string().optional(),
      tool_calls: z
        .array(
          z.looseObject({
            id: z.string(),
            type: z.literal('function'),
            function: z.object({ name: z.string(), arguments: z.string() }),
          }),
        )
        .optional(),
    }),
  ),
  tools: z
    .array(
      z.looseObject({
        type: z.literal('function'),
        function: z.looseObject({ name: z.string(), parameters: z.looseObject({}).nullish() }),
      }),
    )
    .nullish(),
});
type Message = z.infer<typeof ChatRequest>['messages'][number];

/** Chat Completions, the older API. What is asked is read as the newer one would have it. */
export const chatWire: Wire = {
  name: 'Chat Completions',
  read(body) {
    const { model, stream, messages, tools } = ChatRequest.parse(body);
    const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
    return {
      model,
      stream,
      instructions: system.map(({ content }) => textOf(content)).join('\n'),
      input: messages.filter((message) => !system.includes(message)).flatMap(itemsOf),
      tools: tools?.map(({ type, function: { name, parameters } }) => ({ type, name, parameters })),
    };
  },
  whole(request, item, tokens) {
    const message = { role: 'assistant', content: null, refusal: null, annotations: [], ...partsOf(item) };
    return {
      ...envelope(request, 'chat.completion', completionId()),
      choices: [{ index: 0, message, logprobs: null, finish_reason: reasonFor(item) }],
      usage: usageOf(tokens),
    };
  },
  *frames(request, item, tokens, body) {
    const id = completionId();
    const counts = ChatRequest.parse(body).stream_options?.include_usage === true;
    const frame = (choices: object[], usage: object | null = null) => {
      const chunk = { ...envelope(request, 'chat.completion.chunk', id), choices };
      return `data: ${JSON.stringify(counts ? { ...chunk, usage } : chunk)}\n\n`;
    };
    const choice = (delta: object, reason: string | null = null) =>
      frame([{ index: 0, delta, logprobs: null, finish_reason: reason }]);
    const { content, tool_calls: calls } = partsOf(item);
    yield choice({ role: 'assistant', content: calls ? null : '', refusal: null });
    for (const word of words(content ?? '')) yield choice({ content: word });
    for (const [index, call] of (calls ?? []).entries()) {
      const { name, arguments: args } = call.function;
      yield choice({ tool_calls: [{ index, ...call, function: { name, arguments: '' } }] });
      // In two pieces, which the reader must put together.
      const half = Math.ceil(args.length / 2);
      for (const piece of [args.slice(0, half), args.slice(half)])
        yield choice({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
    yield choice({}, reasonFor(item));
    if (counts) yield frame([], usageOf(tokens));
    yield 'data: [DONE]\n\n';
  },
};

function itemsOf({ role, content, tool_calls: calls = [], tool_call_id: id }: Message): Item[] {
  if (role === 'tool') return [{ type: 'function_call_output', call_id: id, output: textOf(content) }];
  const said = content == null ? [] : [{ role, content: textOf(content) }];
  const called = calls.map((call) => ({ type: 'function_call', call_id: call.id, ...call.function }));
  return [...said, ...called];
}

const textOf = (content: z.infer<typeof Content>): string =>
  typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('');

/** A message's own fields. */
function partsOf(item: Item): {
  content?: string;
  tool_calls?: { id: unknown; type: string; function: { name: unknown; arguments: string } }[];
} {
  if (item.type === 'message') return { content: (item.content as { text: string }[])[0]?.text ?? '' };
  const call = { name: item.name, arguments: String(item.arguments) };
  return { tool_calls: [{ id: item.call_id, type: 'function', function: call }] };
}

/** This API alone has a hyphen in its ids. */
const completionId = (): string => newId('chatcmpl').replace('_', '-');

const reasonFor = (item: Item): string => (item.type === 'message' ? 'stop' : 'tool_calls');

const envelope = ({ model }: Request, object: string, id: string) => ({
  id,
  object,
  created: Math.floor(Date.now() / 1000),
  model,
  service_tier: 'default',
  system_fingerprint: null,
});

const usageOf = ({ input, output }: TokenCount) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
});
