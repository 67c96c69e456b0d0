/** How a message ends. An error code appears only with its end, as at Twilio: the POST knew nothing of it. */
export type Outcome =
  | { readonly status: 'delivered' | 'sent' }
  | { readonly status: 'undelivered' | 'failed'; readonly errorCode: number };

export interface Progress {
  readonly status: string;
  readonly errorCode: number | null;
  /** Since acceptance, in milliseconds: when Twilio handed it on, and when the status last changed. */
  readonly sentAfterMs: number | null;
  readonly updatedAfterMs: number;
}

const [SENDING_MS, SENT_MS, SETTLED_MS] = [500, 1_000, 3_000];

/** A service picks its sender after it has accepted. */
export const SENDER_ASSIGNED_MS = 250;

/** The life of a message: accepted (with a service), queued, sending, sent, and its end. */
export function progressAt(ageMs: number, outcome: Outcome, viaService: boolean): Progress {
  const at = (status: string, updatedAfterMs: number, sentAfterMs: number | null = null): Progress => ({
    status,
    errorCode: 'errorCode' in outcome && status === outcome.status ? outcome.errorCode : null,
    sentAfterMs,
    updatedAfterMs,
  });
  if (viaService && ageMs < SENDER_ASSIGNED_MS) return at('accepted', 0);
  if (ageMs < SENDING_MS) return at('queued', 0);
  if (ageMs < SENT_MS) return at('sending', SENDING_MS);
  // A failed one never left Twilio.
  if (outcome.status === 'failed') return at('failed', SENT_MS);
  if (ageMs < SETTLED_MS || outcome.status === 'sent') return at('sent', SENT_MS, SENT_MS);
  return at(outcome.status, SETTLED_MS, SENT_MS);
}
