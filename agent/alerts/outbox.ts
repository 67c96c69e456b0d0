import { NothingDone, SpendwiseError } from '@spendwise/sandbox/errors';
import { quoted } from '@spendwise/sandbox/shown';
import { inUtc } from './format-time.ts';
import type { Decide, Intent, Ledger, Settlement } from './ledger/ledger.ts';
import type { IntentRow } from './ledger/row.ts';
import { describeThreshold } from './thresholds.ts';

export interface SendAnswer {
  readonly structured: Record<string, unknown> | undefined;
}

/** Passes a text to the SMS server. `key` identifies the text: a server that gets the same key twice sends once. */
export type Handover<Answer extends SendAnswer> = (key: string) => Promise<Answer>;

export type Delivery<Answer extends SendAnswer, No = never> =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly settled: Settlement }
  /** The ledger has an earlier text, or a cap is reached. Nothing was sent. */
  | { readonly kind: 'refused'; readonly reason: string; readonly earlier: IntentRow | undefined }
  | { readonly kind: 'declined'; readonly declined: No };

/**
 * The only way to send a text: decide and reserve, send, record the outcome. Throws NothingDone if the text was
 * certainly not sent. After any other error it may have been sent.
 */
export async function deliver<Answer extends SendAnswer, No = never>(
  ledger: Ledger,
  what: Intent | Decide<No>,
  handOver: Handover<Answer>,
): Promise<Delivery<Answer, No>> {
  const reservation = beforehand(() => ledger.reserve(what));
  if (!reservation.ok) {
    if ('declined' in reservation) return { kind: 'declined', declined: reservation.declined };
    const { earlier } = reservation;
    const reason = earlier ? describeEarlier(earlier) : `${reservation.cap}: no more for now`;
    return { kind: 'refused', reason, earlier };
  }
  // #region write-before-act
  const { id, body } = reservation;
  beforehand(() => ledger.sending(id));
  let answer: Answer;
  try {
    answer = await handOver(`spendwise-${id}-${process.pid}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'the call failed';
    ledger.settle(
      id,
      error instanceof NothingDone
        ? { state: 'failed', reason: why }
        : { state: 'unknown', reason: `the call failed: ${why}` },
    );
    throw error;
  }
  const settled = settlementOf(answer.structured, body, (sid) => ledger.knows(sid));
  ledger.settle(id, settled);
  // #endregion
  return { kind: 'answered', answer, settled };
}

/** An error here comes before anything is passed to the server. */
function beforehand<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof SpendwiseError) throw new NothingDone(error.message, error.hint, error);
    throw error;
  }
}

const SID = /^(SM|MM)[0-9a-f]{32}$/;
const SAME_WORDS = 'the same text was just sent for another alert or text; the next run sends it again';
const SENT: ReadonlySet<unknown> = new Set(['queued', 'sent', 'delivered', 'duplicate']);

/**
 * The outcome that an answer proves; anything unclear is unknown and is never sent again. `isAnothers` is true for a
 * message of another row: a server sends equal words once, and two budgets may have equal words.
 */
export function settlementOf(
  structured: SendAnswer['structured'],
  body: string,
  isAnothers: (sid: string) => boolean,
): Settlement {
  const { status, sid, reason, error } = structured ?? {};
  const why = [reason, (error as { message?: unknown } | undefined)?.message]
    .filter((part) => typeof part === 'string')
    .join('; ')
    .slice(0, 300);
  if (SENT.has(status) && typeof sid === 'string' && SID.test(sid)) {
    if (status === 'duplicate' && isAnothers(sid)) return { state: 'failed', reason: SAME_WORDS };
    const other = structured?.body !== body ? 'the server sent a different text' : undefined;
    return { state: 'sent', sid, reason: other ?? (why || undefined) };
  }
  if (status === 'failed' || status === 'refused')
    return { state: 'failed', reason: why || 'no reason given' };
  if (status === 'dry_run') return { state: 'failed', reason: 'a dry run: nothing was sent' };
  return { state: 'unknown', reason: why || 'the server did not report the outcome' };
}

/** Why a text is not sent again, for users and models. */
export function describeEarlier({ id, state, settledAt, reservedAt, sid, alert }: IntentRow): string {
  const what =
    alert === undefined
      ? 'this text'
      : `an alert for ${named(alert.category)} (${describeThreshold(alert.threshold)})`;
  const when = inUtc(settledAt ?? reservedAt);
  if (state === 'sent' || state === 'delivered')
    return `${what} was sent at ${when}${sid === undefined ? '' : ` (${sid})`}`;
  if (state === 'undelivered') return `${what} was sent at ${when}, and ${notDelivered(id)}`;
  if (state === 'unknown')
    return `${what} may have gone out at ${when}; settle it with \`spendwise alert resolve ${id}\``;
  return `${what} is being sent by another run`;
}

/** True for a text that the user has to settle. */
export const isOpen = ({ state }: IntentRow): boolean => state === 'unknown' || state === 'undelivered';

/** What the user has to know of a text that is to be settled. */
export const whyOpen = ({ id, state, reason }: IntentRow): string =>
  state === 'undelivered'
    ? `${reason ?? 'Twilio says undelivered'}; it was ${notDelivered(id)}`
    : `${reason ?? 'the outcome is not known'}; look at your phone, then \`spendwise alert resolve ${id}\``;

const notDelivered = (id: number): string =>
  `not delivered; \`spendwise alert resolve ${id} --not-sent\` sends it again if it is still due, --sent leaves it`;

export function describeOpen(row: IntentRow): string {
  const { id, state, alert, body, reservedAt } = row;
  const what = alert === undefined ? `a text (${quoted(body, 40)})` : `an alert for ${named(alert.category)}`;
  const how =
    state === 'undelivered'
      ? `did not arrive: ${whyOpen(row)}`
      : `may have gone out: look at your phone, then spendwise alert resolve ${id} --sent (or --not-sent)`;
  return `${what} of ${inUtc(reservedAt)} ${how}`;
}

/** Quoted: the name of a budget may read like a sentence. */
const named = (category: string): string => quoted(category, 60);
