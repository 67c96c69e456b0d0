import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerEvent, ModelEvent } from './model.ts';
import type { Trouble } from './trouble.ts';

export interface RetryBounds {
  /** Maximum requests, including the first. */
  readonly tries: number;
  /** The first pause. Each further one is twice as long. */
  readonly firstMs: number;
  /** Maximum single pause. If the endpoint asks for more, there is no further request. */
  readonly longestMs: number;
  /** Maximum total of all pauses. */
  readonly altogetherMs: number;
}

const BOUNDS: RetryBounds = { tries: 4, firstMs: 500, longestMs: 30_000, altogetherMs: 60_000 };

/**
 * Makes a request, and repeats it after a temporary error, as long as nothing of an answer was shown. Throws the last
 * error, or the reason of the signal.
 */
export async function* withRetries(
  request: () => AsyncGenerator<AnswerEvent>,
  explain: (error: unknown) => Trouble,
  signal: AbortSignal,
  bounds: Partial<RetryBounds> = {},
): AsyncGenerator<ModelEvent> {
  const { tries, firstMs, longestMs, altogetherMs } = { ...BOUNDS, ...bounds };
  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    let shown = false;
    let trouble: Trouble;
    try {
      for await (const event of request()) {
        shown = true;
        yield event;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      trouble = explain(error);
    }
    const { again, error } = trouble;
    if (shown || again === undefined || attempt === tries) throw error;
    // Jitter: clients that failed together must not retry together.
    const inMs = Math.round(
      again.afterMs === undefined
        ? Math.min(firstMs * 2 ** (attempt - 1), longestMs) * (0.75 + Math.random() / 4)
        : again.afterMs * (1 + Math.random() / 10),
    );
    waited += inMs;
    if ((again.afterMs ?? 0) > longestMs || waited > altogetherMs) throw error;
    yield { type: 'retry', reason: again.reason, inMs };
    await pause(inMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
