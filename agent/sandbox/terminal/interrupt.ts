import { EXIT, Interrupted } from '../foundation/errors.ts';

/** SIGHUP: the terminal window was closed. */
export const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm passes on a Ctrl-C that the terminal has sent to us as well: one press may come twice. A person needs longer. */
export const ONE_PRESS_MS = 100;

/** Calls this on Ctrl-C, SIGTERM and SIGHUP. */
export function onEnding(listener: (by: NodeJS.Signals) => void): void {
  let pressed = Number.NEGATIVE_INFINITY;
  const once = (by: NodeJS.Signals) => {
    const now = performance.now();
    if (by === 'SIGINT' && now - pressed < ONE_PRESS_MS) return;
    if (by === 'SIGINT') pressed = now;
    listener(by);
  };
  for (const name of ENDINGS) process.on(name, once);
}

/** A signal that aborts with Interrupted on Ctrl-C, SIGTERM and SIGHUP. A second Ctrl-C exits at once. */
export function interruptSignal(): AbortSignal {
  const { signal, leave } = leaving();
  onEnding(leave);
  return signal;
}

/** Ctrl-C in a conversation: the first ends the turn, the next the conversation, the third the process. */
export interface TurnInterrupts {
  readonly leave: AbortSignal;
  /** Call on Ctrl-C: a terminal that asks a question reads it as a key. */
  press(): void;
  /** Runs a turn. Its signal aborts on the first Ctrl-C. Between turns Ctrl-C leaves. */
  during<T>(turn: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function turnInterrupts(): TurnInterrupts {
  const { signal, leave } = leaving();
  let turn: AbortController | undefined;
  const press = () => {
    if (turn === undefined || turn.signal.aborted || signal.aborted) leave();
    else turn.abort(new Interrupted());
  };
  onEnding((by) => (by === 'SIGINT' ? press() : leave(by)));
  return {
    leave: signal,
    press,
    async during(run) {
      turn = new AbortController();
      try {
        return await run(AbortSignal.any([turn.signal, signal]));
      } finally {
        turn = undefined;
      }
    },
  };
}

function leaving() {
  const controller = new AbortController();
  const leave = (by: NodeJS.Signals = 'SIGINT') => {
    // Only a person insists. Of a closed terminal the kernel, the shell and a program between tell one after the other,
    // and writing to it fails. Servers notice the end of their stdin.
    if (controller.signal.aborted && by === 'SIGINT') process.exit(EXIT.interrupted);
    controller.abort(new Interrupted(by));
  };
  return { signal: controller.signal, leave };
}
