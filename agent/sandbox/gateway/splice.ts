import { Socket } from 'node:net';
import { type Duplex, finished } from 'node:stream';

/**
 * Connects two streams in both directions. Each direction ends by itself, so one may continue long after the other has
 * ended. When one stream breaks, the other is reset, so that partial data cannot look complete.
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

/** `from` has closed. Data that it sent still reaches `to`; data from `to` is discarded. */
function closeAfter(from: Duplex, to: Duplex): void {
  if (from.readableEnded) {
    to.resume();
    finished(to, { readable: false }, () => to.destroy());
  } else if (to instanceof Socket) to.resetAndDestroy();
  else to.destroy();
}
