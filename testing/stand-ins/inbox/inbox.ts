import type { IncomingMessage, ServerResponse } from 'node:http';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { textOf } from '../../../agent/pages/document.ts';
import { readBody } from '../listen.ts';
import type { Answer } from '../twilio-answer.ts';
import type { Steerable } from '../twilio-control.ts';
import { type Fault, type FaultKind, isBeforeAcceptance } from '../twilio-faults.ts';
import { AuditFollower } from './audit-follower.ts';
import { isFromOwnPage, isNotForeign, isOwnHost, isSecret, newToken } from './guards.ts';
import { inboxPage } from './page.ts';
import { type Piece, piecesOf } from './pieces.ts';
import { StoppedLane } from './stopped.ts';
import { Streams } from './streams.ts';
import { labelOf, press } from './switches.ts';

export interface Inbox {
  /** Answers what is about the page: `/`, `/events`, `/switches`. False: it is for the API. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean>;
  /** What a POST of a text came to. */
  posted(body: string | undefined, answer: Answer, fault: Fault | undefined): void;
  /** Shows what SpendWise stops from now on, by the audit logs of its state folder. Throws NotConfigured. */
  watch(stateDir: string): void;
  close(): void;
}

const LOOK_MS = 250;
const FOLLOW_MS = 1_000;
const MAX_FORM_BYTES = 4_096;

const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  // Without it a form sends no `Origin`.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** The inbox page of a stand-in, kept up to date while it is open. */
export function createInbox(standIn: Steerable): Inbox {
  const token = newToken();
  const lane = new StoppedLane();
  const spoilt = new Map<string, FaultKind>();
  const streams = new Streams(LOOK_MS, () => tell());
  let follower: AuditFollower | undefined;
  let following: Shown = ours`What the stand-in refused.`;
  let followed = following;
  let lookedAt = 0;
  /** By id, the version that open pages have. */
  let told = new Map<string, string>();

  const pieces = (): Piece[] => {
    if (follower !== undefined && Date.now() - lookedAt >= FOLLOW_MS) {
      lookedAt = Date.now();
      try {
        follower.look();
        followed = following;
      } catch (error) {
        followed = ours`${following} Not all of them can be read: ${shown(String(error))}`;
      }
    }
    return piecesOf({ standIn, lane, spoilt, followed });
  };

  const message = (changed: readonly Piece[], gone: readonly string[], all: boolean) => ({
    token,
    all,
    gone,
    changed: changed.map(({ id, list, html }) => ({ id, list, html: html().text })),
  });

  const tell = (): readonly Piece[] => {
    const now = pieces();
    const changed = now.filter(({ id, version }) => told.get(id) !== version);
    const there = new Set(now.map(({ id }) => id));
    const gone = [...told.keys()].filter((id) => !there.has(id));
    told = new Map(now.map(({ id, version }) => [id, version]));
    if (changed.length + gone.length > 0) streams.send(message(changed, gone, false));
    return now;
  };

  const show = async (response: ServerResponse) => {
    const page = await inboxPage(pieces(), token);
    const type = { 'content-type': 'text/html; charset=utf-8' };
    // Another page that frames this one could make a person press its buttons.
    const framed = { 'content-security-policy': `${page.policy}; frame-ancestors 'none'` };
    response.writeHead(200, { ...HEADERS, ...type, ...framed }).end(textOf(page));
  };

  const stream = (response: ServerResponse) => {
    const now = tell();
    if (streams.add(response, HEADERS)) streams.send(message(now, [], true), [response]);
    else refuse(response, 503, 'Too many pages are open. Close some.');
  };

  const switched = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await readBody(request, MAX_FORM_BYTES));
    if (!isFromOwnPage(request.headers) || !isSecret(form.get('token'), token))
      return refuse(response, 403, 'Press the buttons on the page itself. If it is old, reload it.');
    const wrong = press(standIn, form);
    if (wrong !== undefined) return refuse(response, 400, wrong);
    tell();
    response.writeHead(303, { ...HEADERS, location: '/' }).end();
  };

  return {
    handle: async (request, response, path) => {
      const route = `${request.method} ${path}`;
      if (!ROUTES.has(route)) return false;
      if (!isOwnHost(request.headers))
        refuse(response, 403, 'Open this page as http://127.0.0.1 or localhost.');
      else if (route === 'GET /') await show(response);
      else if (route === 'POST /switches') await switched(request, response);
      else if (isNotForeign(request.headers)) stream(response);
      else refuse(response, 403, 'Only the page itself may follow it.');
      return true;
    },
    posted: (body, { status, body: answer }, fault) => {
      if (status === 201) {
        if (fault !== undefined) spoilt.set((answer as { sid: string }).sid, fault.kind);
      } else {
        const form = new URLSearchParams(body);
        const [how, why] =
          fault !== undefined && isBeforeAcceptance(fault)
            ? ['by the stand-in, as ordered', labelOf(fault.kind)]
            : ['by the stand-in, as Twilio would', saidBy(answer)];
        lane.add({ how, why, what: `to ${form.get('To')}: ${form.get('Body')}`, time: standIn.clock.now() });
      }
      if (streams.size > 0) tell();
    },
    watch: (stateDir) => {
      follower = new AuditFollower(stateDir, (stop) => lane.add(stop));
      following = ours`What the stand-in refused, and what SpendWise stopped since it began: from the audit logs in ${shown(stateDir)}.`;
      followed = following;
    },
    close: () => streams.close(),
  };
}

const ROUTES: ReadonlySet<string> = new Set(['GET /', 'GET /events', 'POST /switches']);

export function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(why);
}

const saidBy = (answer: unknown): string => {
  const { code, message } = answer as { code: number; message: string };
  return `${code}: ${message}`;
};
