import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { turnableClock } from './clock.ts';
import { isProgram, isSecret } from './inbox/guards.ts';
import { createInbox, refuse } from './inbox/inbox.ts';
import { closeServer, listenOnLoopback, readBody } from './listen.ts';
import { type Answer, errorAnswer, reply } from './twilio-answer.ts';
import { CONTROL_PATH, control, type Steerable } from './twilio-control.ts';
import { createFaults, isBeforeAcceptance } from './twilio-faults.ts';
import { listPage } from './twilio-list.ts';
import { acceptMessage, type StoredMessage, sentAt, toResource } from './twilio-messages.ts';
import { createOutcomes } from './twilio-outcomes.ts';

const MAX_BODY_BYTES = 64 * 1024;

export interface TwilioStandIn extends Steerable {
  /** Base URL: the API under it, the inbox page at it. */
  readonly url: URL;
  /** Lets the page also show what SpendWise stops from now on, by the audit logs of this state folder. */
  watch(stateDir: string): void;
  close(): Promise<void>;
}

export interface TwilioAccount {
  readonly accountSid: string;
  readonly authToken: string;
}

/** How far a POST has come: read, accepted (the text goes out), answered. */
export type PostStage = 'arrived' | 'accepted' | 'answered';

export interface StandInOptions {
  /** 0, which is the default, takes a free one. */
  readonly port?: number;
  /** Lets the holder of the account's token control it over HTTP: for tests whose judge is another process. */
  readonly control?: boolean;
  /** Called at every stage of every POST, which waits for it: for tests that kill somebody just then. */
  readonly onPost?: (stage: PostStage) => Promise<void>;
}

/**
 * Twilio's Messages API on loopback: POST, list and fetch, its errors and magic numbers, statuses that move on, faults
 * on demand, and an inbox page. Its answers are those of Twilio's OpenAPI description; nothing leaves this machine.
 */
export async function startTwilioStandIn(
  account: TwilioAccount,
  { port = 0, control: controlled = false, onPost }: StandInOptions = {},
): Promise<TwilioStandIn> {
  const inbox: StoredMessage[] = [];
  const steerable = { inbox, faults: createFaults(), clock: turnableClock(), outcomes: createOutcomes() };
  const { faults } = steerable;
  const page = createInbox(steerable);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    if (await page.handle(request, response, url.pathname)) return;
    if (!isProgram(request.headers)) return refuse(response, 403, 'The API is for programs, not for pages.');
    const body = await readBody(request, MAX_BODY_BYTES);
    if (controlled && url.pathname === CONTROL_PATH && isAuthorized(request, account)) {
      return reply(response, control(steerable, request.method ?? '', body ?? ''), undefined);
    }
    const reached = async (stage: PostStage) => {
      if (request.method === 'POST') await onPost?.(stage);
    };
    await reached('arrived');
    // A fault is for the account that ordered it.
    const fault = isAuthorized(request, account) ? faults.take(request.method ?? '') : undefined;
    const stopped = fault !== undefined && isBeforeAcceptance(fault);
    const answer = stopped
      ? { status: 500, body: null }
      : answerTo(request, url, body, { account, ...steerable, inbox });
    if (request.method === 'POST') page.posted(body, answer, fault);
    if (answer.status === 201) await reached('accepted');
    // A refusal stays one: nothing was accepted that a fault could hide.
    await reply(response, answer, stopped || answer.status < 400 ? fault : undefined);
    await reached('answered');
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  return {
    ...steerable,
    url: await listenOnLoopback(server, port),
    watch: page.watch,
    close: () => {
      page.close();
      return closeServer(server);
    },
  };
}

interface State extends Steerable {
  readonly account: TwilioAccount;
  readonly inbox: StoredMessage[];
}

/** Synchronous: two requests cannot be half-way through at once. */
function answerTo(
  request: IncomingMessage,
  url: URL,
  body: string | undefined,
  { account, inbox, clock, outcomes }: State,
): Answer {
  const notFound = () =>
    errorAnswer({
      http: 404,
      code: 20404,
      message: `The requested resource ${url.pathname} was not found`,
    });
  const path = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages(?:\/([^/]+))?\.json$/.exec(url.pathname);
  if (!path) return notFound();
  if (!isAuthorized(request, account) || path[1] !== account.accountSid) {
    return errorAnswer({ http: 401, code: 20003, message: 'Authenticate' });
  }
  const now = clock.now();
  const show = (message: StoredMessage) => toResource(message, outcomes.of(message), account.accountSid, now);
  const [, , sid] = path;
  if (request.method === 'POST' && sid === undefined) {
    if (body === undefined)
      return errorAnswer({ http: 413, code: 20013, message: 'The request is too large.' });
    const accepted = acceptMessage(new URLSearchParams(body), now);
    if ('code' in accepted) return errorAnswer(accepted);
    outcomes.accepted(accepted);
    inbox.push(accepted);
    return { status: 201, body: show(accepted) };
  }
  if (request.method !== 'GET') return errorAnswer({ http: 405, code: 20004, message: 'Method not allowed' });
  if (sid !== undefined) {
    const message = inbox.find((m) => m.sid === sid);
    return message ? { status: 200, body: show(message) } : notFound();
  }
  const page = listPage(url, inbox, (message) => sentAt(message, outcomes.of(message), now));
  return 'code' in page
    ? errorAnswer(page)
    : { status: 200, body: { ...page, messages: page.messages.map(show) } };
}

const isAuthorized = ({ headers }: IncomingMessage, { accountSid, authToken }: TwilioAccount): boolean =>
  isSecret(headers.authorization, `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`);
