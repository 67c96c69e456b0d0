import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { inboxPage } from './inbox-page.ts';
import { closeServer, listenOnLoopback, readBody } from './listen.ts';
import { type ApiError, acceptMessage, type StoredMessage, toResource } from './twilio-messages.ts';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_PAGE = 1000;

export interface TwilioStandIn {
  /** Base URL: the API under it, the inbox page at it. */
  readonly url: URL;
  /** What was accepted, oldest first: what a phone would have received. */
  readonly inbox: readonly StoredMessage[];
  close(): Promise<void>;
}

export interface TwilioAccount {
  readonly accountSid: string;
  readonly authToken: string;
}

/**
 * Twilio's Messages API on loopback: POST, list and fetch, its errors and magic numbers, and an inbox page. Paths and
 * bodies as Twilio's documents have them; nothing leaves this machine.
 */
export async function startTwilioStandIn(account: TwilioAccount, port = 0): Promise<TwilioStandIn> {
  const inbox: StoredMessage[] = [];
  const server = createServer((request, response) => {
    handle(request, response, account, inbox).catch(() => response.destroy());
  });
  const url = await listenOnLoopback(server, port);
  return { url, inbox, close: () => closeServer(server) };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  account: TwilioAccount,
  inbox: StoredMessage[],
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname === '/' && request.method === 'GET') {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    });
    response.end(inboxPage(inbox));
    return;
  }
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const fail = ({ http, code, message }: ApiError) =>
    send(http, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status: http });

  const path = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages(?:\/([^/]+))?\.json$/.exec(url.pathname);
  if (!path) return fail(notFound(url.pathname));
  if (!isAuthorized(request, account) || path[1] !== account.accountSid) {
    return fail({ http: 401, code: 20003, message: 'Authenticate' });
  }
  const now = new Date();
  const [, , sid] = path;
  if (request.method === 'POST' && sid === undefined) {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return fail({ http: 413, code: 20013, message: 'The request is too large.' });
    const accepted = acceptMessage(new URLSearchParams(body), now);
    if ('code' in accepted) return fail(accepted);
    inbox.push(accepted);
    return send(201, toResource(accepted, account.accountSid, now));
  }
  if (request.method !== 'GET') return fail({ http: 405, code: 20004, message: 'Method not allowed' });
  if (sid !== undefined) {
    const message = inbox.find((m) => m.sid === sid);
    return message ? send(200, toResource(message, account.accountSid, now)) : fail(notFound(url.pathname));
  }
  send(200, list(url, account.accountSid, inbox, now));
}

const notFound = (path: string): ApiError => ({
  http: 404,
  code: 20404,
  message: `The requested resource ${path} was not found`,
});

function list(url: URL, accountSid: string, inbox: readonly StoredMessage[], now: Date) {
  const query = url.searchParams;
  const since = Date.parse(query.get('DateSent>') ?? '');
  const matching = inbox
    .filter((m) => !query.has('To') || m.to === query.get('To'))
    .filter((m) => !query.has('From') || m.from === query.get('From'))
    .filter((m) => Number.isNaN(since) || m.createdAt.getTime() >= since)
    .reverse();
  const size = Math.min(MAX_PAGE, Math.max(1, Number(query.get('PageSize') ?? 50) || 50));
  const page = Math.max(0, Number(query.get('Page') ?? 0) || 0);
  const at = (number: number) => {
    const pageQuery = new URLSearchParams(query);
    pageQuery.set('PageSize', String(size));
    pageQuery.set('Page', String(number));
    return `${url.pathname}?${pageQuery}`;
  };
  const start = page * size;
  return {
    messages: matching.slice(start, start + size).map((m) => toResource(m, accountSid, now)),
    first_page_uri: at(0),
    next_page_uri: start + size < matching.length ? at(page + 1) : null,
    previous_page_uri: page > 0 ? at(page - 1) : null,
    page,
    page_size: size,
    start,
    end: Math.min(start + size, matching.length) - 1,
    uri: at(page),
  };
}

function isAuthorized(request: IncomingMessage, { accountSid, authToken }: TwilioAccount): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
