import { EXIT, Interrupted } from '../foundation/errors.ts';

/**
 * A signal that aborts with Interrupted on Ctrl-C, SIGTERM and SIGHUP. A second one exits at once; servers then notice
 * the end of their stdin.
 */
export function interruptSignal(): AbortSignal {
  const { signal, leave } = leaving();
  for (const name of ENDINGS) process.on(name, leave);
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
  for (const name of ENDINGS) process.on(name, name === 'SIGINT' ? press : leave);
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

/** SIGHUP: the terminal window was closed. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function leaving() {
  const controller = new AbortController();
  const leave = (by?: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new Interrupted(by));
  };
  return { signal: controller.signal, leave };
}
