import type { SendResult } from '../../../mcp-server-sms/src/result.ts';
import type { FaultyTwilio } from './faulty-twilio.ts';

export interface Judgement {
  /** Each a sentence; none is what we promise. */
  readonly violations: readonly string[];
  readonly intents: number;
  readonly posts: number;
  readonly accepted: number;
  /** How intents ended, by the last word that callers got. */
  readonly outcomes: Readonly<Record<string, number>>;
}
export type Verdict = Judgement & { readonly kills: number; readonly seconds: number };

const SENT = new Set(['queued', 'sent', 'delivered']);

/** Holds what callers were told against what went out. */
export function judge(told: ReadonlyMap<string, Told>, twilio: FaultyTwilio): Judgement {
  const wentOut = Map.groupBy(twilio.accepted, ({ body }) => body);
  const violations: string[] = [];
  const outcomes: Record<string, number> = {};
  for (const [body, answers] of told) {
    const accepted = wentOut.get(body) ?? [];
    if (accepted.length > 1) violations.push(`${body}: accepted ${accepted.length} times`);
    for (const answer of answers) {
      if (answer === undefined) continue;
      const claimsSent =
        SENT.has(answer.status) || (answer.status === 'duplicate' && answer.sid !== undefined);
      if (claimsSent && !accepted.some(({ sid }) => sid === answer.sid))
        violations.push(`${body}: reported ${answer.status} as ${answer.sid}, and was not sent so`);
    }
    const last = answers.findLast((answer) => answer !== undefined);
    const word =
      last === undefined
        ? 'no answer'
        : last.sid && last.status === 'duplicate'
          ? 'sent before'
          : last.status;
    outcomes[word] = (outcomes[word] ?? 0) + 1;
    // Said to be certainly not sent, in the last word: then it is not.
    if ((last?.status === 'failed' || last?.status === 'refused') && accepted.length > 0)
      violations.push(`${body}: the last word is ${last.status}, and it was sent`);
    // Lost in silence: nothing went out, and nobody was told so.
    if (accepted.length === 0 && last !== undefined && (SENT.has(last.status) || last.sid !== undefined))
      violations.push(`${body}: lost, and the last word is ${last.status}`);
  }
  for (const body of wentOut.keys()) if (!told.has(body)) violations.push(`${body}: nobody asked for it`);
  return {
    violations,
    intents: told.size,
    posts: twilio.posts.length,
    accepted: twilio.accepted.length,
    outcomes,
  };
}

/** What a caller was told about one intent, call after call. Undefined: the server died under the call. */
export type Told = (SendResult | undefined)[];
