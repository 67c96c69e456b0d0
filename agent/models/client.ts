import type OpenAI from 'openai';
import { boundedFetch } from './answer-bounds.ts';
import type { EndpointOptions } from './endpoint.ts';

/** The OpenAI client. Limits, timeouts and retries are ours. */
export async function clientFor({ apiKey, baseUrl }: EndpointOptions): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    apiKey,
    baseURL: baseUrl ?? null,
    fetch: boundedFetch,
    // Its own retries are silent, retry what waiting cannot fix (no credit), cut a long Retry-After to a second, and
    // miss streams that end in a failure. See retry.ts.
    maxRetries: 0,
    // Our own timeout is shorter and gives a reason.
    timeout: 24 * 3_600_000,
    // Its log would print request bodies to stdout.
    logLevel: 'off',
  });
}
