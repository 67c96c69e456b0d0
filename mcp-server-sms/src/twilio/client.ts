import type { Twilio } from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import type { Config } from '../config.ts';
import { type Patience, withRetries } from './retry.ts';
import { type Answer, exchange } from './transport.ts';

const API_HOST = 'api.twilio.com';

/**
 * Twilio's client over our own transport, with the patience of one call. The client's own transport keeps errors that
 * print the credentials, has an idle timeout instead of a deadline, and ignores Retry-After.
 */
export async function clientFor(config: Config, patience: Patience): Promise<Twilio> {
  // Some 125 ms: not before the first text.
  const { default: twilio } = await import('twilio');
  const { username, password } = config.credentials;
  return new twilio.Twilio(username, password, {
    accountSid: config.accountSid,
    // Typed as the library's own class; it calls nothing but `request`.
    httpClient: httpClient(config, patience) as unknown as RequestClient,
  });
}

const httpClient = ({ apiBaseUrl }: Config, patience: Patience) => ({
  async request(request: RequestClient.RequestOptions) {
    const url = new URL(request.uri);
    // An answer names the next page: it may lead nowhere else.
    if (url.host !== API_HOST || url.protocol !== 'https:') throw new Error('not an address of Twilio');
    for (const [name, value] of Object.entries(request.params ?? {})) {
      if (value !== undefined) url.searchParams.append(name, String(value));
    }
    const target = apiBaseUrl ? new URL(url.pathname + url.search, apiBaseUrl) : url;
    const method = request.method.toUpperCase();
    const basic = Buffer.from(`${request.username}:${request.password}`).toString('base64');
    const headers: Record<string, string> = { authorization: `Basic ${basic}` };
    for (const [name, value] of Object.entries(request.headers ?? {}))
      headers[name.toLowerCase()] = String(value);
    const body = request.data ? form(request.data) : undefined;
    const attempt = () => exchange({ method, url: target, headers, body }, patience.deadline);
    const answer = await withRetries(method, attempt, patience);
    return { statusCode: answer.status, body: bodyOf(answer), headers: answer.headers };
  },
});

function form(data: unknown): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(data as Record<string, unknown>)) {
    if (value !== undefined) fields.append(name, String(value));
  }
  return fields.toString();
}

/** What the client makes its objects and errors of. It fails on a page where an error object should be. */
function bodyOf({ status, text }: Answer): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = text;
  }
  if (status < 400 || (typeof body === 'object' && body !== null)) return body;
  return {
    status,
    message: text.startsWith('<') ? `HTTP ${status}` : text.slice(0, 300) || `HTTP ${status}`,
  };
}
