import type { Config } from '../config.ts';
import { LONGEST_SEND_MS, type Row } from '../state/row.ts';
import type { SendLog } from '../state/send-log.ts';
import type { TwilioApi } from '../twilio/api.ts';
import type { Message } from '../twilio/message.ts';
import type { Timing } from './timing.ts';

const PAGES = 5;
/**
 * Twilio's dates have whole seconds, and its clock may differ. Too small a value leaves a send unknown, which is safe.
 */
const CLOCK_MS = 2_000;
const BEFORE_MS = 300_000;

export interface LookUpParts {
  readonly config: Config;
  readonly sendLog: SendLog;
  readonly api: TwilioApi;
  readonly timing: Timing;
}

/** Looks up a send at Twilio. Undefined if the outcome stays unknown. Never throws, never sends. */
export type LookUp = (id: number) => Promise<Message | undefined>;

export function createLookUp(parts: LookUpParts): LookUp {
  // Concurrent calls share one look-up.
  const underWay = new Map<number, Promise<Message | undefined>>();
  return (id) => {
    const found =
      underWay.get(id) ??
      lookUp(parts, id)
        .catch(() => undefined)
        .finally(() => underWay.delete(id));
    underWay.set(id, found);
    return found;
  };
}

async function lookUp(
  { config, sendLog, api, timing }: LookUpParts,
  id: number,
): Promise<Message | undefined> {
  const row = sendLog.row(id);
  const to = row && [...config.allowedRecipients].find((number) => sendLog.isOf(row, number));
  if (row === undefined || to === undefined) return undefined;
  const patience = { deadline: Date.now() + timing.lookUp, backoffMs: timing.backoff };
  // A queued message has no sending date yet, but is among the newest.
  for (const query of [
    { since: row.at - BEFORE_MS, pages: PAGES },
    { since: undefined, pages: 1 },
  ]) {
    const { messages, complete } = await api.list({ to, ...query }, patience);
    const candidates = messages.filter((message) => isOf(row, message, to) && !sendLog.knows(message.sid));
    const [message] = candidates;
    if (message === undefined) continue;
    // With two candidates or unread pages it is not certain which one is ours.
    const allSeen = complete || messages.some(({ createdAt = row.at }) => createdAt < row.at - CLOCK_MS);
    if (candidates.length > 1 || !allSeen) return undefined;
    return sendLog.claim(id, message.sid, message.status) ? message : undefined;
  }
  return undefined;

  function isOf(row: Row, message: Message, recipient: string): boolean {
    const { createdAt } = message;
    return (
      message.outbound &&
      message.to === recipient &&
      ('from' in config.sender
        ? message.from === config.sender.from
        : message.messagingServiceSid === config.sender.messagingServiceSid) &&
      createdAt !== undefined &&
      createdAt >= row.at - CLOCK_MS &&
      createdAt <= row.at + LONGEST_SEND_MS + CLOCK_MS &&
      sendLog.isTextOf(row, message.body)
    );
  }
}
