import { dice } from '../sms-torture/dice.ts';

/** So many of a list, by a seed, in the list's order. */
export function sample<T>(list: readonly T[], count: number, seed: number): T[] {
  const random = dice(seed);
  const drawn = list
    .map((item, at) => ({ item, at, lot: random() }))
    .sort((a, b) => a.lot - b.lot)
    .slice(0, count);
  return drawn.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
