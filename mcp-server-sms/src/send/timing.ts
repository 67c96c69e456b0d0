/** Milliseconds. All of it together stays under the 45 s within which a send ends. */
export interface Timing {
  /** For the POST, its retries and their pauses. */
  readonly post: number;
  /** Before an unknown text is looked up: it takes Twilio a moment to list it. */
  readonly settle: number;
  readonly lookUp: number;
  /** The first pause before a retry. */
  readonly backoff: number;
}

export const TIMING: Timing = { post: 25_000, settle: 700, lookUp: 10_000, backoff: 250 };
