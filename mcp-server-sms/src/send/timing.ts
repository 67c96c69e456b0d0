/** Milliseconds. Together they stay below 45 s, the maximum time of a send. */
export interface Timing {
  /** For the POST, its retries and their pauses. */
  readonly post: number;
  /** The pause before a look-up: Twilio needs a moment to list a message. */
  readonly settle: number;
  readonly lookUp: number;
  readonly backoff: number;
}

export const TIMING: Timing = { post: 25_000, settle: 700, lookUp: 10_000, backoff: 250 };
