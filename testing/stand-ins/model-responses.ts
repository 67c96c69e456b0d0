import { type Item, newId, Request, type TokenCount, type Wire, words } from './model-wire.ts';

/** The Responses API. */
export const responsesWire: Wire = {
  name: 'Responses',
  read: (body) => Request.parse(body),
  whole: (request, item, tokens) => responseObject(request, [item], 'completed', usageOf(tokens)),
  *frames(request, item, tokens) {
    const done = responseObject(request, [item], 'completed', usageOf(tokens));
    const started = responseObject(request, [], 'in_progress', null, done.id);
    let sequence = 0;
    for (const event of eventsFor(item, started, done)) {
      yield `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`;
      sequence += 1;
    }
  },
};

const usageOf = ({ input, output }: TokenCount) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: input + output,
});

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
    for (const delta of words(part.text)) {
      yield { type: 'response.output_text.delta', ...place, delta, logprobs: [] };
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
