import { type AnswerBounds, watchAnswer } from './answer-bounds.ts';
import { chatAnswer } from './chat-completions.ts';
import { clientFor } from './client.ts';
import { type EndpointOptions, endpointOf } from './endpoint.ts';
import type { AnswerEvent, Model, ModelRequest } from './model.ts';
import { listPrices, type Prices } from './prices.ts';
import { responsesAnswer } from './responses.ts';
import { type RetryBounds, withRetries } from './retry.ts';
import { troubleOf } from './trouble.ts';

export interface OpenAiOptions extends EndpointOptions, AnswerBounds {
  /** Set by OPENAI_PRICES. Undefined: OpenAI's list prices, for its own models. */
  readonly prices?: Prices | undefined;
  readonly retries?: Partial<RetryBounds>;
}

/** A model at OpenAI or a compatible endpoint. Each request has limits, timeouts and retries. */
export function openAiModel(options: OpenAiOptions): Model {
  const endpoint = endpointOf(options);
  // Imported while the servers start: it takes about 90 ms.
  const connecting = clientFor(options);
  const ask = endpoint.api === 'chat' ? chatAnswer : responsesAnswer;
  async function* answer(request: ModelRequest): AsyncGenerator<AnswerEvent> {
    const client = await connecting;
    const watch = watchAnswer(options, endpoint.origin);
    const signal = AbortSignal.any([request.signal, watch.signal]);
    try {
      yield* ask(client, endpoint, { ...request, signal }, watch.heard);
    } catch (error) {
      // The client hides an abort, or reports a broken stream.
      watch.signal.throwIfAborted();
      throw error;
    } finally {
      watch.clear();
    }
  }
  return {
    name: options.model,
    prices: options.prices ?? (endpoint.own ? undefined : listPrices(options.model)),
    respond: (request) =>
      withRetries(
        () => answer(request),
        (error) => troubleOf(error, endpoint, options.apiKey),
        request.signal,
        options.retries,
      ),
  };
}
