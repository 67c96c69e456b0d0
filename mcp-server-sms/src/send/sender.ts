import type { Admission } from '../guards/admission.ts';
import { killSwitchProblem } from '../guards/kill-switch.ts';
import type { SendResult } from '../result.ts';
import type { Intent, SendLog } from '../state/send-log.ts';
import { unknownProblem } from '../twilio/problem.ts';
import { type Asked, type Checked, check } from './check.ts';
import { CANCELLED, post, type SenderParts } from './post.ts';

export interface SendRequest extends Asked {
  readonly signal: AbortSignal;
  /** Asks a person to confirm. Anything but true means no. Undefined if nobody can be asked. */
  readonly confirm?: ((preview: { to: string; body: string }) => Promise<boolean>) | undefined;
}

/** At most one POST for each text. Never rejects, because callers would send again. */
export type Sender = (request: SendRequest) => Promise<SendResult>;

/** Check, confirm, reserve, POST, settle, in this order. Nothing is sent before its reservation is on disk. */
export function createSender(parts: SenderParts): Sender {
  return async (request) => {
    const checked = check(request, parts.config, parts.now?.() ?? new Date());
    if (!checked.ok) return { ...checked.described, status: 'refused', reason: checked.reason };
    try {
      return await send(parts, checked, request);
    } catch (error) {
      // A bug in the server. It may have come after the POST, so the outcome is unknown.
      parts.warn(
        `error: a send failed inside the server (${error instanceof Error ? error.name : typeof error})`,
      );
      const problem = unknownProblem({ kind: 'protocol', message: 'the server itself failed' });
      return { ...checked.described, status: 'unknown', error: problem };
    }
  };
}

type Passed = Extract<Checked, { ok: true }>;

async function send(parts: SenderParts, checked: Passed, request: SendRequest): Promise<SendResult> {
  const { config, sendLog } = parts;
  const { described, recipient, note } = checked;
  const refuse = (reason: string): SendResult => ({ ...described, status: 'refused', reason });

  const stopped = killSwitchProblem(config);
  if (stopped !== undefined) return refuse(stopped);
  const intent: Intent = {
    recipient,
    body: described.body,
    idempotencyKey: request.idempotencyKey,
    masked: described.to,
    segments: described.segments,
    encoding: described.encoding,
  };
  if (config.dryRun) {
    const foreseen = sendLog.foresee(intent);
    if (foreseen.verdict !== 'admit') return notAdmitted(parts, checked, foreseen);
    return { ...described, status: 'dry_run', reason: 'SMS_DRY_RUN is set: nothing was sent' };
  }
  if (config.confirm) {
    if (request.confirm === undefined) {
      return refuse('SMS_CONFIRM is set, but this client cannot ask a person: it has no elicitation');
    }
    const yes = await request.confirm({ to: described.to, body: described.body }).catch(() => false);
    if (!yes) return refuse('the person who was asked did not confirm it');
  }
  if (request.signal.aborted) return { ...described, status: 'failed', error: CANCELLED };

  let reservation: Awaited<ReturnType<SendLog['reserve']>>;
  try {
    reservation = await sendLog.reserve(intent);
  } catch {
    // Without a reservation on disk, a crash would forget the text.
    parts.warn('error: the state in SMS_STATE_DIR cannot be written; nothing is sent');
    return refuse('the send cannot be recorded in SMS_STATE_DIR: nothing was sent');
  }
  if (reservation.verdict !== 'reserved') return notAdmitted(parts, checked, reservation);
  const result = await post(parts, checked, reservation.id, request.signal);
  return note === undefined ? result : { reason: note, ...result };
}

async function notAdmitted(
  { lookUp }: SenderParts,
  { described }: Passed,
  admission: Exclude<Admission, { verdict: 'admit' }>,
): Promise<SendResult> {
  if (admission.verdict === 'refuse') return { ...described, status: 'refused', reason: admission.reason };
  const { id, state, sid } = admission.of;
  const duplicate = (reason: string, sid?: string): SendResult => ({
    ...described,
    status: 'duplicate',
    ...(sid === undefined ? {} : { sid }),
    reason,
  });
  if (state === 'sent') return duplicate('this text was handed to Twilio before', sid);
  if (state === 'under_way') return duplicate('the same text is being sent now');
  const found = await lookUp(id);
  if (found !== undefined) return duplicate('this text was handed to Twilio before', found.sid);
  return duplicate('this text may have been sent before; the outcome is unknown, so it is not sent again');
}
