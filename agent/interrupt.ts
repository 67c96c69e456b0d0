import { Interrupted } from './errors.ts';

/**
 * A signal that aborts, with Interrupted, on Ctrl-C and SIGTERM; a second Ctrl-C leaves at once (servers notice that
 * their stdin ended).
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
