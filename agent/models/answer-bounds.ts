import { Failed } from '@spendwise/sandbox/errors';
import { TRY_AGAIN } from './trouble.ts';

/** A silent stream is ended after this time. */
const IDLE_MS = 60_000;
/** Maximum time of one answer: a slow stream could go on for ever. */
const ANSWER_MS = 300_000;
const MAX_ANSWER_CHARS = 400_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface AnswerBounds {
  readonly idleMs?: number;
  readonly answerMs?: number;
}

/** Aborts if the stream is silent for too long, or the answer takes too long. Call `clear` at the end. */
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

/** Counts the characters of an answer. Throws Failed above the limit. */
export function characterBound(): (written: string) => void {
  let size = 0;
  return (written) => {
    size += written.length;
    if (size > MAX_ANSWER_CHARS)
      throw new Failed('the model would not stop writing', 'ask for something shorter');
  };
}

/** A token count from an endpoint; 0 if it is not a valid count. */
export const tokenCount = (told: unknown): number =>
  typeof told === 'number' && Number.isSafeInteger(told) && told >= 0 ? told : 0;

/** Limits the bytes of an answer, because the client buffers without a limit. */
export const boundedFetch: typeof fetch = async (input, init) => {
  // Redirects are not followed: private data goes only to the configured endpoint.
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
