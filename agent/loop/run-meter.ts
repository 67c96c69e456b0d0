import { Failed } from '@spendwise/sandbox/errors';
import { costUsd, type Prices, type TokenUsage } from '../models/prices.ts';
import type { WhileAsking } from '../tools/door.ts';

/** The limits of one run. A model that does not stop ends here. */
export interface RunBounds {
  readonly turns: number;
  readonly calls: number;
  /** Input and output together. Not counted if the endpoint does not report usage. */
  readonly tokens: number;
  /** Wall-clock time, without the time in which the user is asked. */
  readonly ms: number;
}

const RUN_BOUNDS: RunBounds = { turns: 16, calls: 48, tokens: 400_000, ms: 600_000 };

export interface Usage extends TokenUsage {
  /** Requests to the model that were answered. */
  readonly calls: number;
  readonly estimatedCostUsd?: number;
}

export const NOTHING_USED: Usage = { calls: 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };

const LOOPING = 'it seems to repeat itself; ask more precisely, or use another model';

/** Checks a run against its limits. Throws Failed between two steps if one is exceeded. */
export class RunMeter {
  readonly #bounds: RunBounds;
  readonly #prices: Prices | undefined;
  #turns = 0;
  #calls = 0;
  #ms = 0;
  #usage = NOTHING_USED;

  constructor(bounds: Partial<RunBounds> = {}, prices?: Prices) {
    this.#bounds = { ...RUN_BOUNDS, ...bounds };
    this.#prices = prices;
  }

  // #region meter
  startTurn(): void {
    if (this.#turns === this.#bounds.turns)
      throw new Failed(`the model still called tools after ${this.#turns} turns`, LOOPING);
    this.#turns += 1;
    this.#check();
  }
  // #endregion

  startCall(): void {
    if (this.#calls === this.#bounds.calls)
      throw new Failed(`the model made more than ${this.#calls} tool calls`, LOOPING);
    this.#calls += 1;
    this.#check();
  }

  /** A signal for one request. It aborts with `signal`, or when the time of the run is up. Call `stop` at the end. */
  timeForAnswer(signal: AbortSignal): { readonly signal: AbortSignal; stop(): void } {
    const started = performance.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(this.#tooLong()), this.#bounds.ms - this.#ms);
    return {
      signal: AbortSignal.any([signal, late.signal]),
      stop: () => {
        clearTimeout(timer);
        this.#ms += performance.now() - started;
      },
    };
  }

  /** The clock stops while the user is asked. */
  async timeCall<T>(call: (whileAsking: WhileAsking) => Promise<T>): Promise<T> {
    const started = performance.now();
    let asking = 0;
    try {
      return await call(async (question) => {
        const asked = performance.now();
        try {
          return await question();
        } finally {
          asking += performance.now() - asked;
        }
      });
    } finally {
      this.#ms += performance.now() - started - asking;
    }
  }

  /** Adds the tokens of an answer and returns the sums. Never throws, so that a complete answer is not lost. */
  answered(tokens: TokenUsage): Usage {
    const sums = {
      calls: this.#usage.calls + 1,
      inputTokens: this.#usage.inputTokens + tokens.inputTokens,
      cachedInputTokens: this.#usage.cachedInputTokens + tokens.cachedInputTokens,
      outputTokens: this.#usage.outputTokens + tokens.outputTokens,
    };
    const told = sums.inputTokens + sums.outputTokens > 0;
    this.#usage = this.#prices && told ? { ...sums, estimatedCostUsd: costUsd(this.#prices, sums) } : sums;
    return this.#usage;
  }

  #check(): void {
    const { tokens, ms } = this.#bounds;
    if (this.#usage.inputTokens + this.#usage.outputTokens > tokens)
      throw new Failed(`the run took more than ${tokens} tokens`, LOOPING);
    if (this.#ms >= ms) throw this.#tooLong();
  }

  #tooLong(): Failed {
    return new Failed(
      `the run took longer than ${inWords(this.#bounds.ms)}`,
      'ask for less, or use a faster model',
    );
  }
}

const inWords = (ms: number): string =>
  ms < 120_000 ? `${ms / 1000} s` : `${Math.round(ms / 60_000)} minutes`;
