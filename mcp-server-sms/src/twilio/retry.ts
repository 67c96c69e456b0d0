import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, RequestFailed } from './transport.ts';

const MAX_ATTEMPTS = 4;

export interface Patience {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** The first pause. It doubles each time. */
  readonly backoffMs: number;
  /** Called before each attempt. Throws to prevent it. */
  readonly beforeAttempt?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Certificate errors do not go away by themselves. */
const LASTING = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH)/;

/** True if the attempt certainly had no effect and a retry may help. */
const mayRetry = (method: string, outcome: Answer | RequestFailed): boolean => {
  if (outcome instanceof RequestFailed) {
    const unsent = outcome.sentNothing || method === 'GET';
    return unsent && !outcome.timedOut && !LASTING.test(outcome.message);
  }
  // Twilio does not process a request that gets 429. Any other answer to a POST may mean that the text was accepted.
  return outcome.status === 429 || (method === 'GET' && outcome.status >= 500);
};

/** Retries within the limits of number and deadline. Throws the last RequestFailed. */
export async function withRetries(
  method: string,
  attempt: () => Promise<Answer>,
  { deadline, backoffMs, beforeAttempt, signal }: Patience,
): Promise<Answer> {
  for (let count = 1; ; count += 1) {
    beforeAttempt?.();
    const outcome = await attempt().catch((error: unknown) => {
      if (error instanceof RequestFailed) return error;
      throw error;
    });
    const backoff = backoffMs * 2 ** (count - 1) * (0.5 + Math.random() / 2);
    const asked = outcome instanceof RequestFailed ? undefined : retryAfterMs(outcome.headers['retry-after']);
    const pause = asked ?? backoff;
    if (!mayRetry(method, outcome) || count === MAX_ATTEMPTS || Date.now() + pause >= deadline) {
      if (outcome instanceof RequestFailed) throw outcome;
      return outcome;
    }
    // On cancel, `beforeAttempt` throws next.
    await sleep(pause, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/** Parses seconds or an HTTP date. Undefined if invalid. Source: RFC 9110, 10.2.3. */
export function retryAfterMs(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  const at = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
