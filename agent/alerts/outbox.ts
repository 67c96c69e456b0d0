import { NothingDone, SpendwiseError } from '@spendwise/sandbox/errors';
import { quoted } from '@spendwise/sandbox/shown';
import { inUtc } from './format-time.ts';
import type { Decide, Intent, Ledger, Settlement } from './ledger/ledger.ts';
import type { IntentRow } from './ledger/row.ts';
import { describeThreshold } from './thresholds.ts';

/** What a server said of a send. */
export interface SendAnswer {
  readonly structured: Record<string, unknown> | undefined;
}

/** Hands a text to the SMS server, once. `key` names the intent: a server that is asked twice under it sends once. */
export type Handover<Answer extends SendAnswer> = (key: string) => Promise<Answer>;

export type Delivery<Answer extends SendAnswer, No = never> =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly settled: Settlement }
  /** The ledger has an earlier one, or its caps are reached. Nothing was done. */
  | { readonly kind: 'refused'; readonly reason: string; readonly earlier: IntentRow | undefined }
  /** What was to decide said no. Nothing was done. */
  | { readonly kind: 'declined'; readonly declined: No };

/**
 * The one way on which texts go out: decision and place in the ledger, then the send, then what became of it. Both the
 * agent and `spendwise alert` take it. Throws NothingDone when it certainly did not go out; after any other error it may
 * have, whether that could be written down or not.
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
  const { id, body } = reservation;
  beforehand(() => ledger.sending(id));
  let answer: Answer;
  try {
    answer = await handOver(`spendwise-${id}-${process.pid}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it broke off';
    ledger.settle(
      id,
      error instanceof NothingDone
        ? { state: 'failed', reason: why }
        : { state: 'unknown', reason: `it broke off: ${why}` },
    );
    throw error;
  }
  const settled = settlementOf(answer.structured, body, (sid) => ledger.knows(sid));
  ledger.settle(id, settled);
  return { kind: 'answered', answer, settled };
}

/** What fails here fails before anything is handed over. */
function beforehand<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof SpendwiseError) throw new NothingDone(error.message, error.hint, error);
    throw error;
  }
}

const SID = /^(SM|MM)[0-9a-f]{32}$/;
const SAME_WORDS =
  'the same words have just gone out for another alert or text; another run sends them again';
const SENT: ReadonlySet<unknown> = new Set(['queued', 'sent', 'delivered', 'duplicate']);

/**
 * What an answer proves. Whatever is not clearly one or the other is unknown, and not sent again. `isAnothers` knows the
 * messages of other intents: two budgets may be told of in the same words, and a server sends the same words once.
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
    const other = structured?.body !== body ? 'the server sent other words than were asked for' : undefined;
    return { state: 'sent', sid, reason: other ?? (why || undefined) };
  }
  if (status === 'failed' || status === 'refused')
    return { state: 'failed', reason: why || 'no reason given' };
  if (status === 'dry_run') return { state: 'failed', reason: 'a dry run: nothing was sent' };
  return { state: 'unknown', reason: why || 'the server did not say what became of it' };
}

/** Why an intent is not sent (again), for a person and for a model. */
export function describeEarlier({ id, state, settledAt, reservedAt, sid, alert }: IntentRow): string {
  const what =
    alert === undefined
      ? 'this text'
      : `an alert for ${named(alert.category)} (${describeThreshold(alert.threshold)})`;
  const when = inUtc(settledAt ?? reservedAt);
  if (state === 'sent') return `${what} was sent at ${when}${sid === undefined ? '' : ` (${sid})`}`;
  if (state === 'unknown')
    return `${what} may have gone out at ${when}; a person has to say (\`spendwise alert resolve ${id}\`)`;
  return `${what} is being sent by another run`;
}

/** What a person has to settle, and how. */
export function describeOpen({ id, alert, body, reservedAt }: IntentRow): string {
  const what = alert === undefined ? `a text (${quoted(body, 40)})` : `an alert for ${named(alert.category)}`;
  return `${what} of ${inUtc(reservedAt)} may have gone out: look at your phone, then spendwise alert resolve ${id} --sent (or --not-sent)`;
}

/** In quotes: a budget may be called like a sentence of ours. */
const named = (category: string): string => quoted(category, 60);
