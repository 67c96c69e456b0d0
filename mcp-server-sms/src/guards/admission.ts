import type { Limits } from '../config.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface Earlier {
  readonly id: number;
  readonly state: 'under_way' | 'sent' | 'unknown';
  readonly sid: string | undefined;
  readonly sameContent: boolean;
}

/** The state of the send log when deciding. Times in milliseconds since the epoch. */
export interface Facts {
  readonly now: number;
  readonly optedOut: boolean;
  /** The send with the same idempotency key, of any age. */
  readonly sameKey: Earlier | undefined;
  /** The send of the same text to the same recipient within the window. */
  readonly sameText: Earlier | undefined;
  /** When the Nth last text was sent, for a cap of N. Undefined if the cap is not reached. */
  readonly hourFilledBy: number | undefined;
  readonly dayFilledBy: number | undefined;
  readonly recipientDayFilledBy: number | undefined;
}

export type Admission =
  | { readonly verdict: 'admit' }
  | { readonly verdict: 'duplicate'; readonly of: Earlier }
  | { readonly verdict: 'refuse'; readonly reason: string };

const refuse = (reason: string): Admission => ({ verdict: 'refuse', reason });

/** Decides whether a text may be sent, given earlier sends. Pure. The send log calls it while it holds the lock. */
export function admit(facts: Facts, limits: Limits): Admission {
  if (facts.optedOut) return refuse('the recipient replied STOP; texts stay off until they reply START');
  if (facts.sameKey !== undefined) {
    return facts.sameKey.sameContent
      ? { verdict: 'duplicate', of: facts.sameKey }
      : refuse('this idempotency_key was used for another text or recipient; use a new one');
  }
  if (facts.sameText !== undefined) return { verdict: 'duplicate', of: facts.sameText };
  const caps = [
    ['SMS_MAX_PER_HOUR', limits.perHour, facts.hourFilledBy, HOUR_MS],
    ['SMS_MAX_PER_DAY', limits.perDay, facts.dayFilledBy, DAY_MS],
    ['SMS_MAX_PER_RECIPIENT_PER_DAY', limits.perRecipientPerDay, facts.recipientDayFilledBy, DAY_MS],
  ] as const;
  for (const [name, cap, filledBy, window] of caps) {
    if (cap === 0) return refuse(`${name} is 0`);
    if (filledBy === undefined || filledBy <= facts.now - window) continue;
    const free = new Date(filledBy + window).toISOString().slice(0, 19);
    return refuse(`${name} is ${cap} and used up; the next text is allowed at ${free}Z`);
  }
  return { verdict: 'admit' };
}
