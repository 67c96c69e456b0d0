import type { Call } from './call.ts';

/** Calls that may go on in the same millisecond; a record that somebody made may have any number. */
const MAX_AT_ONCE = 8;

/** Finds the call that a line of the log is about. Lines come in order of time, and calls follow each other. */
export class Matching {
  readonly #calls: readonly Call[];
  /** The first call that is not over yet. */
  #at = 0;

  constructor(calls: readonly Call[]) {
    this.#calls = calls;
  }

  /** One that goes on at this time, and of which the log has no end yet. The policy has other names of servers. */
  callAt(time: number, server: unknown, tool: unknown): Call | undefined {
    return this.#goingOn(time).find(
      (call) =>
        !call.reached &&
        !call.refused &&
        call.tool === tool &&
        (call.server === server || call.prefix === server),
    );
  }

  /** The call that this server works on. */
  during(time: number, server: string): Call | undefined {
    return this.#goingOn(time).findLast((call) => call.reached && call.server === server);
  }

  #goingOn(time: number): readonly Call[] {
    while (isOver(this.#calls[this.#at], this.#calls[this.#at + 1], time)) this.#at += 1;
    return this.#calls.slice(this.#at, this.#at + MAX_AT_ONCE).filter(({ from }) => from <= time);
  }
}

/** Calls of one millisecond: one is over too when it was refused, or when the next one got further. */
const isOver = (call: Call | undefined, next: Call | undefined, time: number): boolean =>
  call !== undefined &&
  (call.to < time ||
    call.refused === true ||
    (call.outcome?.kind === 'invalid' && call.from <= time) ||
    (call.reached === true && (next?.reached ?? next?.refused) === true));
