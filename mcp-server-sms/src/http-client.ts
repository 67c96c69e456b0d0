import type RequestClient from 'twilio/lib/base/RequestClient.js';

/** Wall clock for one request, answer included. Under the 45 s within which a send must end. */
export const REQUEST_DEADLINE_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** A request that did not end in a whole HTTP answer. `sentNothing`: it failed before anything went out. */
export class RequestFailed extends Error {
  readonly sentNothing: boolean;
  readonly timedOut: boolean;
  constructor(message: string, how: { sentNothing: boolean; timedOut: boolean }) {
    super(message);
    this.name = 'RequestFailed';
    this.sentNothing = how.sentNothing;
    this.timedOut = how.timedOut;
  }
}

/** Failures that fetch reports before a byte of the request has left. */
const BEFORE_CONNECTION =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL)/;

/**
 * The transport under the `twilio` client: fetch with a deadline. The client's own keeps errors that print the
 * credentials, has an idle timeout instead of a deadline, and ignores Retry-After.
 * Its request errors never carry a header, a body or a recipient.
 */
export function httpClient(options: { baseUrl?: URL | undefined; deadlineMs?: number }) {
  const { baseUrl, deadlineMs = REQUEST_DEADLINE_MS } = options;
  return {
    async request(request: RequestClient.RequestOptions) {
      const url = new URL(request.uri);
      for (const [name, value] of Object.entries(request.params ?? {})) {
        if (value !== undefined) url.searchParams.append(name, String(value));
      }
      const target = baseUrl ? new URL(url.pathname + url.search, baseUrl) : url;
      const headers = new Headers(request.headers as Record<string, string> | undefined);
      const basic = Buffer.from(`${request.username}:${request.password}`).toString('base64');
      headers.set('authorization', `Basic ${basic}`);
      const signal = AbortSignal.timeout(deadlineMs);
      try {
        const answer = await fetch(target, {
          method: request.method.toUpperCase(),
          headers,
          body: request.data ? form(request.data) : null,
          redirect: 'manual',
          signal,
        });
        const text = await readBounded(answer);
        return {
          statusCode: answer.status,
          body: parseJson(text),
          headers: Object.fromEntries(answer.headers),
        };
      } catch (error) {
        if (signal.aborted) {
          throw new RequestFailed(`no whole answer within ${deadlineMs / 1000} s`, {
            sentNothing: false,
            timedOut: true,
          });
        }
        const code = causeCode(error);
        throw new RequestFailed(code ?? 'the connection broke', {
          sentNothing: code !== undefined && BEFORE_CONNECTION.test(code),
          timedOut: false,
        });
      }
    },
  };
}

function form(data: unknown): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(data as Record<string, unknown>)) {
    if (value !== undefined) fields.append(name, String(value));
  }
  return fields;
}

async function readBounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error('answer too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The client wants an object, or text it can fail on. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function causeCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== 'object' || cause === null) return undefined;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  // Happy Eyeballs: an AggregateError, one error an address tried.
  if ('errors' in cause && Array.isArray(cause.errors)) return cause.errors[0]?.code;
  return undefined;
}
