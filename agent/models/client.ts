import type OpenAI from 'openai';
import { boundedFetch } from './answer-bounds.ts';
import type { EndpointOptions } from './endpoint.ts';

/** The client, for requests that we bound, time and repeat ourselves. */
export async function clientFor({ apiKey, baseUrl }: EndpointOptions): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    apiKey,
    baseURL: baseUrl ?? null,
    fetch: boundedFetch,
    // Its own retries tell nobody, repeat what waiting does not fix (no credit left), shorten a long Retry-After to
    // a second, and know nothing of a stream that ends in a failure: retry.ts has ours.
    maxRetries: 0,
    // Ours ends a request earlier, and says why.
    timeout: 24 * 3_600_000,
    // Its log would go to stdout, with request bodies.
    logLevel: 'off',
  });
}
