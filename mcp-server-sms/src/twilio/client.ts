import type { Twilio } from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import type { Config } from '../config.ts';
import { type Patience, withRetries } from './retry.ts';
import { type Answer, exchange } from './transport.ts';

const API_HOST = 'api.twilio.com';

/**
 * Twilio's client with our own transport. The built-in one puts credentials into errors, has an idle timeout instead of
 * a deadline, and ignores Retry-After.
 */
export async function clientFor(config: Config, patience: Patience): Promise<Twilio> {
  // Imported with the first text: it takes about 125 ms.
  const { default: twilio } = await import('twilio');
  const { username, password } = config.credentials;
  return new twilio.Twilio(username, password, {
    accountSid: config.accountSid,
    // The library types this as its own class, but only calls `request`.
    httpClient: httpClient(config, patience) as unknown as RequestClient,
  });
}

const httpClient = ({ apiBaseUrl }: Config, patience: Patience) => ({
  async request(request: RequestClient.RequestOptions) {
    const url = new URL(request.uri);
    // The URL of the next page comes from an answer: it must stay at Twilio.
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

/** The body for the client, which fails if an error has no JSON object. */
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
