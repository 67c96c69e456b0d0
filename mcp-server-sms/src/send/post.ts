import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { killSwitchProblem } from '../guards/kill-switch.ts';
import type { SendError, SendResult } from '../result.ts';
import type { SendLog, Settlement } from '../state/send-log.ts';
import type { TwilioApi } from '../twilio/api.ts';
import { hintFor } from '../twilio/errors.ts';
import type { Message } from '../twilio/message.ts';
import { problemOf, unknownProblem } from '../twilio/problem.ts';
import type { Checked } from './check.ts';
import type { LookUp } from './look-up.ts';
import type { Timing } from './timing.ts';

const OPTED_OUT = 21610;

class Withheld extends Error {
  readonly result: Pick<SendResult, 'status' | 'reason' | 'error'>;
  constructor(result: Withheld['result']) {
    super('withheld');
    this.result = result;
  }
}

/** From the reservation to the outcome: the POST, and one look-up if the outcome is unclear. */
export async function post(
  parts: SenderParts,
  { described, recipient }: Extract<Checked, { ok: true }>,
  id: number,
  signal: AbortSignal,
): Promise<SendResult> {
  const { config, sendLog, api, timing, lookUp, warn } = parts;
  const record = (write: () => void) => {
    try {
      write();
    } catch {
      // The result is still returned. The reservation stays and is looked up later.
      warn('error: the state in SMS_STATE_DIR cannot be written; a send stays open in it');
    }
  };
  const settle = (settlement: Settlement) => record(() => sendLog.settle(id, settlement));
  const fail = (error: SendError): SendResult => {
    settle({ state: 'failed', ...(error.code === undefined ? {} : { code: error.code }) });
    return { ...described, status: 'failed', error };
  };
  // Checked before every attempt: the last moment at which stopping means that nothing was sent.
  const beforeAttempt = () => {
    if (signal.aborted) throw new Withheld({ status: 'failed', error: CANCELLED });
    const stopped = killSwitchProblem(config);
    if (stopped !== undefined) throw new Withheld({ status: 'refused', reason: stopped });
  };
  let error: SendError;
  try {
    // Not aborted once it is on its way: that would not unsend it.
    const message = await api.create(
      { to: recipient, body: described.body },
      { deadline: Date.now() + timing.post, backoffMs: timing.backoff, beforeAttempt, signal },
    );
    if (message !== undefined) {
      settle(settlementOf(message));
      return { ...described, ...outcomeOf(message) };
    }
    // The client accepts a 201 with an empty object. Without a SID the outcome is unknown.
    error = unknownProblem({ kind: 'protocol', message: 'Twilio accepted, but named no message SID' });
  } catch (thrown) {
    if (thrown instanceof Withheld) {
      settle({ state: 'failed' });
      return { ...described, ...thrown.result };
    }
    const { nothingSent, problem } = problemOf(thrown);
    if (nothingSent) {
      if (problem.code === OPTED_OUT) record(() => sendLog.optOut(recipient, described.to));
      return fail(problem);
    }
    error = problem;
  }
  settle({ state: 'unknown' });
  await sleep(timing.settle);
  const found = await lookUp(id);
  return found === undefined
    ? { ...described, status: 'unknown', error }
    : { ...described, ...outcomeOf(found) };
}

const settlementOf = ({ sid, status, errorCode }: Message): Settlement =>
  status === 'failed'
    ? { state: 'failed', sid, ...(errorCode === undefined ? {} : { code: errorCode }) }
    : { state: 'sent', sid, status };

export function outcomeOf({ sid, status, errorCode }: Message): Pick<SendResult, 'status' | 'sid' | 'error'> {
  if (status !== 'failed') return { status, sid };
  return {
    status,
    sid,
    error: {
      kind: 'api',
      ...(errorCode === undefined ? {} : { code: errorCode }),
      message: 'Twilio accepted the text and could not deliver it',
      hint: hintFor(errorCode, 200),
      retryable: false,
    },
  };
}

export interface SenderParts {
  readonly config: Config;
  readonly sendLog: SendLog;
  readonly api: TwilioApi;
  readonly lookUp: LookUp;
  readonly timing: Timing;
  readonly now?: () => Date;
  /** For warnings that no result carries. */
  readonly warn: (line: string) => void;
}

export const CANCELLED: NonNullable<SendResult['error']> = {
  kind: 'cancelled',
  message: 'cancelled before anything was sent',
  hint: 'call again to send',
  retryable: true,
};
