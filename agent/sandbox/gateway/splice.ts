import { Socket } from 'node:net';
import { type Duplex, finished } from 'node:stream';

/**
 * Joins two ends: what comes out of one goes into the other, both ways. Each way ends by itself, so one may go on long
 * after the other's end. When an end breaks, the other is reset: half of what was to come must not look like all of it.
 */
export function splice(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => {});
    from.pipe(to);
    from.once('close', () => closeAfter(from, to));
  }
}

/** `from` is gone. What it said before its end still reaches `to`; what `to` says has nowhere to go. */
function closeAfter(from: Duplex, to: Duplex): void {
  if (from.readableEnded) {
    to.resume();
    finished(to, { readable: false }, () => to.destroy());
  } else if (to instanceof Socket) to.resetAndDestroy();
  else to.destroy();
}
