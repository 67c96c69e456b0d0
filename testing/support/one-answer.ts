import type { AnswerEvent, ModelEvent, ModelRequest } from '../../agent/models/model.ts';
import { type OpenAiOptions, openAiModel } from '../../agent/models/openai.ts';

/** A model at this address; it is impatient, so that what is repeated costs a test no time. */
export const modelAt = (baseUrl: string, options: Partial<OpenAiOptions> = {}) =>
  openAiModel({
    apiKey: 'none',
    baseUrl,
    model: 'some-model',
    ...options,
    retries: { firstMs: 1, ...options.retries },
  });

/** Asks once, and gathers what comes. */
export async function oneAnswer(model: ReturnType<typeof modelAt>, request: Partial<ModelRequest> = {}) {
  const events: ModelEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of model.respond({
    instructions: 'Be brief.',
    input: [{ role: 'user', content: 'hello' }],
    tools: [],
    signal,
    ...request,
  }))
    events.push(event);
  const streamed = events.map((event) => (event.type === 'text' ? event.delta : '')).join('');
  const answer = events.find(
    (event): event is AnswerEvent & { type: 'finished' } => event.type === 'finished',
  );
  if (answer === undefined) throw new Error('the model neither answered nor failed');
  return { events, streamed, answer };
}
