import { maskPhone, parsePhone } from './phone.ts';
import type { FoundMessages, LookedUpMessage, MessageStatusResult, RecentSends } from './result.ts';
import type { LookUp, LookUpParts } from './send/look-up.ts';
import { hintFor } from './twilio/errors.ts';
import { type Message, SID } from './twilio/message.ts';
import { problemOf } from './twilio/problem.ts';

/** How many unknown sends one call looks up. Each may take two requests. */
const OPEN_LOOK_UPS = 3;
const PAGES = 5;

/**
 * Status of messages: only to allowed recipients, and never the text, because the log of an account also holds messages
 * of other programs, such as login codes.
 */
export interface Inquiry {
  status(sid: string): Promise<MessageStatusResult>;
  find(query: {
    to?: string | undefined;
    since?: Date | undefined;
    /** Only messages with exactly this text, for callers that know it. */
    body?: string | undefined;
    limit: number;
  }): Promise<FoundMessages>;
  recent(): RecentSends;
}

export function createInquiry({
  config,
  sendLog,
  api,
  timing,
  lookUp,
}: LookUpParts & { readonly lookUp: LookUp }): Inquiry {
  const patience = () => ({ deadline: Date.now() + timing.lookUp, backoffMs: timing.backoff });
  const describe = (message: Message): LookedUpMessage => {
    const { sid, status, twilioStatus, errorCode: code, segments, createdAt, sentAt } = message;
    const sentHere = sendLog.knows(sid);
    if (sentHere) sendLog.progress(sid, status, code);
    return {
      sid,
      status,
      twilio_status: twilioStatus,
      to: maskPhone(message.to),
      sent_here: sentHere,
      ...(segments === undefined ? {} : { segments }),
      ...(createdAt === undefined ? {} : { created_at: new Date(createdAt).toISOString() }),
      ...(sentAt === undefined ? {} : { sent_at: new Date(sentAt).toISOString() }),
      ...(code === undefined ? {} : { delivery_error: { code, hint: hintFor(code, 200) } }),
    };
  };
  return {
    async status(sid) {
      if (!SID.test(sid))
        return { outcome: 'refused', reason: 'sid must be SM or MM and 32 hexadecimal digits' };
      try {
        const message = await api.fetch(sid, patience());
        if (message === undefined) throw new Error('not a message');
        if (!message.outbound || !config.allowedRecipients.has(message.to)) {
          return { outcome: 'refused', reason: 'this message did not go to an allowed recipient' };
        }
        return { outcome: 'ok', message: describe(message) };
      } catch (error) {
        return { outcome: 'failed', error: readError(error) };
      }
    },

    async find({ to: asked, since, body, limit }) {
      const to = asked === undefined ? config.defaultRecipient : parsePhone(asked);
      const refuse = (reason: string): FoundMessages => ({
        outcome: 'refused',
        messages: [],
        more: false,
        reason,
      });
      if (to === undefined) return refuse('`to` must be a number in E.164; leave it out for the owner');
      if (!config.allowedRecipients.has(to))
        return refuse('the recipient is not among SMS_ALLOWED_RECIPIENTS');
      try {
        const open = () => sendLog.unknown().filter((row) => sendLog.isOf(row, to));
        for (const { id } of open().slice(0, OPEN_LOOK_UPS)) await lookUp(id);
        const query = { to, since: since?.getTime(), pages: PAGES };
        const { messages, complete } = await api.list(query, patience());
        const found = messages.filter(
          (message) =>
            message.outbound && message.to === to && (body === undefined || isText(message.body, body)),
        );
        return {
          outcome: 'ok',
          messages: found.slice(0, limit).map(describe),
          more: !complete || found.length > limit,
          unknown_sends: open().length,
        };
      } catch (error) {
        return { outcome: 'failed', messages: [], more: false, error: readError(error) };
      }
    },

    recent: () => ({
      sends: sendLog.recent().map(({ at, masked, state, status, sid, segments, encoding, code }) => ({
        at: new Date(at).toISOString(),
        to: masked,
        status: state === 'sent' ? (status ?? 'queued') : state,
        segments,
        encoding,
        ...(sid === undefined ? {} : { sid }),
        ...(code === undefined ? {} : { error_code: code, hint: hintFor(code, 200) }),
      })),
    }),
  };
}

/** The prefix that Twilio adds for trial accounts. Any other prefix means another text. */
const TRIAL = /^Sent from (?:your|a) Twilio trial account *-? */i;

const isText = (sent: string, body: string): boolean => sent === body || sent.replace(TRIAL, '') === body;

/** Reading has no effect, so a failed call may be repeated. */
function readError(error: unknown) {
  const { problem } = problemOf(error);
  const retryable = problem.kind !== 'api' || problem.retryable;
  return { ...problem, hint: problem.kind === 'api' ? problem.hint : 'ask again later', retryable };
}
