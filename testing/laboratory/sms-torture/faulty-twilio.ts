import { createServer, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback, readBody } from '../../stand-ins/listen.ts';
import { acceptMessage, type StoredMessage, toResource } from '../../stand-ins/twilio-messages.ts';

const OUTCOME = { status: 'delivered' } as const;

/** What happens to a POST. `accepted…`: the text goes out, and the answer tells something else, or nothing. */
export type Fault =
  | 'none'
  | '429'
  | '429-retry-after'
  | '429-retry-at'
  | '500'
  | 'accepted-500'
  | 'reset'
  | 'accepted-reset'
  | 'drip'
  | 'accepted-drip'
  | 'accepted-bad-json'
  | 'accepted-empty-201'
  | 'empty-201';

export interface FaultyTwilio {
  readonly url: URL;
  /** What went out, oldest first. */
  readonly accepted: readonly StoredMessage[];
  /** Every POST of a text, by body, whatever came of it. */
  readonly posts: readonly string[];
  /** Every GET's path and query. */
  readonly reads: readonly string[];
  close(): Promise<void>;
}

export interface Faults {
  readonly post: (body: string) => Fault;
  /** Whether a GET is answered with 503. */
  readonly get?: () => boolean;
}

/** Twilio's Messages API with faults on demand: what the stand-in accepts, answered as no one would wish. */
export async function startFaultyTwilio(accountSid: string, faults: Faults): Promise<FaultyTwilio> {
  const accepted: StoredMessage[] = [];
  const posts: string[] = [];
  const reads: string[] = [];
  const base = `/2010-04-01/Accounts/${accountSid}/Messages`;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://twilio');
    response.on('error', () => {});
    if (request.method === 'POST') {
      const fields = new URLSearchParams((await readBody(request, 65_536)) ?? '');
      posts.push(fields.get('Body') ?? '');
      const fault = faults.post(fields.get('Body') ?? '');
      const goesOut = fault === 'none' || fault.startsWith('accepted');
      const message = acceptMessage(fields, new Date());
      if ('code' in message) return json(response, message.http, { ...message, status: message.http });
      if (goesOut) accepted.push(message);
      return answer(response, fault, toResource(message, OUTCOME, accountSid, new Date()));
    }
    reads.push(url.pathname + url.search);
    if (faults.get?.()) return json(response, 503, { code: 20503, message: 'busy', status: 503 });
    const sid = url.pathname.startsWith(`${base}/`) && url.pathname.slice(base.length + 1, -'.json'.length);
    if (sid) {
      const message = accepted.find((each) => each.sid === sid);
      return message
        ? json(response, 200, toResource(message, OUTCOME, accountSid, new Date()))
        : json(response, 404, { code: 20404, message: 'not found', status: 404 });
    }
    return json(response, 200, page(accepted, url, accountSid));
  });
  const url = await listenOnLoopback(server, 0);
  return { url, accepted, posts, reads, close: () => closeServer(server) };
}

function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function answer(response: ServerResponse, fault: Fault, resource: unknown) {
  const slowDown = { code: 20429, message: 'Too many requests', status: 429 };
  switch (fault) {
    case 'none':
      return json(response, 201, resource);
    case '429':
      return json(response, 429, slowDown);
    case '429-retry-after':
      return json(response, 429, slowDown, { 'retry-after': '1' });
    case '429-retry-at':
      return json(response, 429, slowDown, { 'retry-after': new Date(Date.now() + 1000).toUTCString() });
    case '500':
    case 'accepted-500':
      return json(response, 500, { code: 20500, message: 'Internal error', status: 500 });
    case 'reset':
    case 'accepted-reset':
      return response.destroy();
    case 'drip':
    case 'accepted-drip':
      return drip(response);
    case 'accepted-bad-json':
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"sid": "SM');
      return undefined;
    case 'accepted-empty-201':
    case 'empty-201':
      return json(response, 201, {});
  }
}

/** A blank now and then, for ever: an idle timeout never strikes. */
function drip(response: ServerResponse): void {
  response.writeHead(201, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 200);
  response.on('close', () => clearInterval(timer));
}

/** Newest first, as Twilio lists; two fields of the query and its pages. */
function page(accepted: readonly StoredMessage[], url: URL, accountSid: string) {
  const query = url.searchParams;
  const [to, from] = [query.get('To'), query.get('From')];
  const since = Date.parse(query.get('DateSent>') ?? '') || 0;
  const size = Number(query.get('PageSize') ?? 50);
  const start = size * Number(query.get('Page') ?? 0);
  const messages: StoredMessage[] = [];
  let more = false;
  let skipped = 0;
  for (let at = accepted.length - 1; at >= 0 && !more; at -= 1) {
    const message = accepted[at] as StoredMessage;
    if (message.createdAt.getTime() < since) break;
    if ((to !== null && message.to !== to) || (from !== null && message.from !== from)) continue;
    if (skipped++ < start) continue;
    if (messages.length === size) more = true;
    else messages.push(message);
  }
  const next = new URLSearchParams(query);
  next.set('Page', String(start / size + 1));
  return {
    messages: messages.map((message) => toResource(message, OUTCOME, accountSid, new Date())),
    next_page_uri: more ? `${url.pathname}?${next}` : null,
    page: start / size,
    page_size: size,
  };
}
