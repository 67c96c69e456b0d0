import type OpenAI from 'openai';
import { boundedFetch } from './answer-bounds.ts';

/** How a model is spoken to: OpenAI's own API, or the older one that more endpoints know. */
export const MODEL_APIS = ['responses', 'chat'] as const;
export type ModelApi = (typeof MODEL_APIS)[number];

export interface EndpointOptions {
  readonly apiKey: string;
  /** Undefined: OpenAI itself. */
  readonly baseUrl: string | undefined;
  readonly model: string;
  readonly api?: ModelApi;
}

/** Where the model is, in words fit for a person: no path, no key. */
export interface Endpoint {
  readonly origin: string;
  readonly model: string;
  readonly api: ModelApi;
  /** Somebody's own or another provider's: it may not know all that OpenAI does. */
  readonly own: boolean;
}

export function endpointOf({ baseUrl, model, api = 'responses' }: EndpointOptions): Endpoint {
  const url = new URL(baseUrl ?? 'https://api.openai.com/v1');
  return { origin: url.origin, model, api, own: !/(^|\.)api\.openai\.com$/.test(url.hostname) };
}

/** The client, for requests that we bound, time and repeat ourselves. */
export async function clientFor({ apiKey, baseUrl }: EndpointOptions): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    apiKey,
    baseURL: baseUrl ?? null,
    fetch: boundedFetch,
    // Its own retries tell nobody, repeat what waiting does not mend (no credit left), shorten a long Retry-After to
    // a second, and know nothing of a stream that ends in a failure: retry.ts has ours.
    maxRetries: 0,
    // Ours ends a request earlier, and says why.
    timeout: 24 * 3_600_000,
    // Its log would go to stdout, with request bodies.
    logLevel: 'off',
  });
}
