import type { Limits } from '../config.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A send before this one, as far as it matters for this one. */
export interface Earlier {
  readonly id: number;
  readonly state: 'under_way' | 'sent' | 'unknown';
  readonly sid: string | undefined;
  readonly sameContent: boolean;
}

/** What the send log says at the moment of the decision. Times in milliseconds since the epoch. */
export interface Facts {
  readonly now: number;
  readonly optedOut: boolean;
  /** Under the same idempotency key, whenever. */
  readonly sameKey: Earlier | undefined;
  /** The same text to the same recipient, within the window. */
  readonly sameText: Earlier | undefined;
  /** When the oldest text was begun that fills a cap: the Nth last of N. Undefined: the cap has room. */
  readonly hourFilledBy: number | undefined;
  readonly dayFilledBy: number | undefined;
  readonly recipientDayFilledBy: number | undefined;
}

export type Admission =
  | { readonly verdict: 'admit' }
  | { readonly verdict: 'duplicate'; readonly of: Earlier }
  | { readonly verdict: 'refuse'; readonly reason: string };

const refuse = (reason: string): Admission => ({ verdict: 'refuse', reason });

/** Whether a text may go out, by what went out before. Pure: the send log calls it while nobody else can reserve. */
export function admit(facts: Facts, limits: Limits): Admission {
  if (facts.optedOut) return refuse('the recipient replied STOP; texts stay off until they reply START');
  if (facts.sameKey !== undefined) {
    return facts.sameKey.sameContent
      ? { verdict: 'duplicate', of: facts.sameKey }
      : refuse('this idempotency_key was used for another text or recipient; take a new one');
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
    return refuse(`${name} is ${cap}, and used up; there is room again at ${free}Z`);
  }
  return { verdict: 'admit' };
}
