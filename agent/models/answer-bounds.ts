import { Failed } from '@spendwise/sandbox/errors';
import { TRY_AGAIN } from './trouble.ts';

/** Silence for this long ends the request: a stream that stalls would hang the run. */
const IDLE_MS = 60_000;
/** Wall clock for one answer: a stream that drips for ever would too. */
const ANSWER_MS = 300_000;
const MAX_ANSWER_CHARS = 400_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface AnswerBounds {
  readonly idleMs?: number;
  readonly answerMs?: number;
}

/** Aborts when nothing is heard for too long, or the answer takes too long altogether. Must be cleared. */
export function watchAnswer({ idleMs = IDLE_MS, answerMs = ANSWER_MS }: AnswerBounds, endpoint: string) {
  const controller = new AbortController();
  const abort = (what: string) => controller.abort(new Failed(`the model at ${endpoint} ${what}`, TRY_AGAIN));
  const whole = setTimeout(abort, answerMs, `took more than ${Math.round(answerMs / 1000)} s for an answer`);
  const idle = setTimeout(abort, idleMs, 'went silent');
  return {
    signal: controller.signal,
    heard: () => void idle.refresh(),
    clear: () => {
      clearTimeout(whole);
      clearTimeout(idle);
    },
  };
}

/** Counts what an answer consists of; throws Failed when it would not end. */
export function characterBound(): (written: string) => void {
  let size = 0;
  return (written) => {
    size += written.length;
    if (size > MAX_ANSWER_CHARS)
      throw new Failed('the model would not stop writing', 'ask for something shorter');
  };
}

/** Tokens as an endpoint counts them: what cannot be a count is none. */
export const tokenCount = (told: unknown): number =>
  typeof told === 'number' && Number.isSafeInteger(told) && told >= 0 ? told : 0;

/** An endpoint that sends without end must not fill the memory: the client's own buffers know no bound. */
export const boundedFetch: typeof fetch = async (input, init) => {
  // What the household spends goes to the endpoint that was named, and not where that one points.
  const response = await fetch(input, { ...init, redirect: 'manual' });
  let size = 0;
  const bounded = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength;
        if (size > MAX_ANSWER_BYTES)
          controller.error(new Failed('the model would not stop sending', TRY_AGAIN));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Response(bounded ?? null, response);
};
