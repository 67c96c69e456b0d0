import { Failed, NotConfigured, SpendwiseError } from '@spendwise/sandbox/errors';
import { plainText } from '@spendwise/sandbox/foundation';
import type { Endpoint } from './endpoint.ts';

export const TRY_AGAIN = 'try again; if it fails again, check the endpoint in OPENAI_BASE_URL';

/** A failed request: the error for the user, and whether a retry may help. */
export interface Trouble {
  readonly error: SpendwiseError;
  readonly again?: {
    readonly reason: string;
    readonly afterMs: number | undefined;
  };
}

/** The endpoint reported a failure in the stream. `code` is its own error code. */
export class FailedAnswer extends Error {
  readonly code: string | undefined;
  constructor(message: string | undefined, code: string | undefined) {
    super(message ?? 'no reason given');
    this.code = code;
  }
}

/** Limits an endpoint's error text to one short line, so that it cannot look like a hint of ours. */
const inOneLine = (text: string): string =>
  plainText(text.slice(0, 1_000)).replace(/\s+/g, ' ').slice(0, 200);

/** An incomplete answer is an error: a call in it may lack arguments. */
export function cutShort(reason = 'no reason given'): Failed {
  return new Failed(
    `the model's answer was cut short (${inOneLine(reason)})`,
    reason === 'content_filter'
      ? 'the provider filtered it; rephrase your request'
      : 'ask for less, or use another model',
  );
}

const PASSING_STATUS: ReadonlySet<unknown> = new Set([500, 502, 503, 504, 529]);
const PASSING_CODE: ReadonlySet<unknown> = new Set([
  'server_error',
  'rate_limit_exceeded',
  'overloaded_error',
]);
/** Errors of the connection, not of names or certificates. */
const PASSING_CONNECTION: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Explains an error without showing the request, headers or key. */
export function troubleOf(error: unknown, endpoint: Endpoint, apiKey: string): Trouble {
  if (error instanceof SpendwiseError) return { error };
  const status = field(error, 'status');
  const code = field(error, 'code') ?? field(error, 'type');
  const words = error instanceof Error ? error.message : String(error);
  // A short key such as "none" is no secret, and may be part of any text.
  const message = inOneLine(apiKey.length < 8 ? words : words.replaceAll(apiKey, '[secret]'));
  const { origin } = endpoint;

  if (code === 'insufficient_quota' || field(error, 'type') === 'insufficient_quota') {
    return {
      error: new Failed(
        `the account at ${origin} has no credit left (429, insufficient_quota)`,
        'waiting does not help: add credit or raise the limit in its billing settings',
      ),
    };
  }
  if (status === 429 || PASSING_STATUS.has(status) || PASSING_CODE.has(code)) {
    const busy = status === 429 || code === 'rate_limit_exceeded';
    const what = busy ? 'is busy' : 'failed';
    const why = typeof status === 'number' ? status : `${String(code)}: ${message}`;
    const afterMs = retryAfterMs(field(error, 'headers'));
    const patience = afterMs === undefined ? '' : ` ${Math.ceil(afterMs / 1000)} s`;
    return {
      error: new Failed(
        `the model at ${origin} ${what} (${why})`,
        busy ? `wait${patience}, then try again` : TRY_AGAIN,
      ),
      ...(mayRetry(error) ? { again: { reason: `the model ${what} (${status ?? code})`, afterMs } } : {}),
    };
  }
  if (typeof status === 'number' && status >= 300 && status < 400) {
    const to = URL.parse(header(field(error, 'headers'), 'location') ?? '', origin);
    return {
      error: new NotConfigured(
        `the model at ${origin} redirects to another address (${status}${to ? `, to ${to.origin}` : ''})`,
        'set OPENAI_BASE_URL to that address, if you trust it',
      ),
    };
  }
  if (typeof status === 'number') return { error: refusal(status, message, endpoint) };
  const cause = field(error, 'cause');
  const connection = field(cause, 'code') ?? field(field(cause, 'cause'), 'code');
  if (connection !== undefined) {
    const what = `cannot be reached (${String(connection)})`;
    return {
      error: new Failed(`the model at ${origin} ${what}`, 'check the network and OPENAI_BASE_URL', error),
      ...(PASSING_CONNECTION.has(connection)
        ? { again: { reason: `the model ${what}`, afterMs: undefined } }
        : {}),
    };
  }
  if (error instanceof FailedAnswer || field(error, 'error') !== undefined)
    return { error: new Failed(`the model failed: ${message}`, TRY_AGAIN) };
  return { error: new Failed(`the model at ${origin} gave no usable answer: ${message}`, TRY_AGAIN, error) };
}

function refusal(status: number, message: string, { origin, model, api, own }: Endpoint): SpendwiseError {
  if (status === 401 || status === 403)
    return new NotConfigured(`the model at ${origin} refused the key (${status})`, 'check OPENAI_API_KEY');
  if (own && (status === 404 || status === 405 || status === 501)) {
    return api === 'responses'
      ? new NotConfigured(
          `${origin} has no model "${model}", or does not support the Responses API (${status})`,
          'set OPENAI_MODEL, or OPENAI_API=chat for an endpoint that supports only Chat Completions',
        )
      : new NotConfigured(
          `${origin} has no model "${model}", or does not support Chat Completions (${status})`,
          'set OPENAI_MODEL; OPENAI_BASE_URL usually ends in /v1',
        );
  }
  if (status === 404) return new NotConfigured(`${origin} has no model "${model}" (404)`, 'set OPENAI_MODEL');
  if (status >= 500) return new Failed(`the model at ${origin} failed (${status})`, TRY_AGAIN);
  return new Failed(`the model at ${origin} refused the request: ${message}`, TRY_AGAIN);
}

/** OpenAI sends this header if a retry is useless. */
const mayRetry = (error: unknown): boolean => header(field(error, 'headers'), 'x-should-retry') !== 'false';

/** Reads Retry-After (seconds or a date), or OpenAI's header in milliseconds. */
function retryAfterMs(headers: unknown): number | undefined {
  const exact = header(headers, 'retry-after-ms') ?? '';
  if (/^\d+(\.\d+)?$/.test(exact)) return Number(exact);
  const after = header(headers, 'retry-after') ?? '';
  if (/^\d+(\.\d+)?$/.test(after)) return Number(after) * 1000;
  const until = Date.parse(after) - Date.now();
  return Number.isNaN(until) ? undefined : Math.max(0, until);
}

const header = (headers: unknown, name: string): string | undefined =>
  headers instanceof Headers ? (headers.get(name) ?? undefined) : undefined;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, name) ?? undefined) : undefined;
