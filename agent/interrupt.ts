import { Interrupted } from './errors.ts';

/**
 * A signal that aborts, with Interrupted, on Ctrl-C, SIGTERM and SIGHUP; a second Ctrl-C leaves at once (servers notice that
 * their stdin ended).
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted());
  };
  // SIGHUP: the terminal's window was closed.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  return controller.signal;
}
