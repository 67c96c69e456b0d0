import type { Fault } from './faulty-twilio.ts';

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** In thousandths of all POSTs; the rest goes well. */
const SHARES: readonly [Fault, number][] = [
  ['429', 20],
  ['429-retry-after', 5],
  ['429-retry-at', 5],
  ['500', 15],
  ['accepted-500', 20],
  ['reset', 15],
  ['accepted-reset', 20],
  ['accepted-bad-json', 15],
  ['accepted-empty-201', 15],
  ['empty-201', 15],
];
/** A drip takes its send to the deadline: few of them, and none in a short run. */
const DRIPS: readonly [Fault, number][] = [
  ['drip', 1],
  ['accepted-drip', 1],
];

export function randomFault(random: () => number, drips: boolean): Fault {
  let throwAt = random() * 1000;
  for (const [fault, share] of drips ? [...SHARES, ...DRIPS] : SHARES) {
    throwAt -= share;
    if (throwAt < 0) return fault;
  }
  return 'none';
}
