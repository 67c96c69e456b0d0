/** A quotient, rounded half away from zero. */
export function rounded(sum: bigint, count: number): number {
  const half = BigInt(count) * (sum < 0n ? -1n : 1n);
  return Number((sum * 2n + half) / (BigInt(count) * 2n));
}

export const daysBetween = (from: Temporal.PlainDate | string, to: Temporal.PlainDate | string): number =>
  Temporal.PlainDate.from(from).until(to, { largestUnit: 'days' }).days;

/** What was spent by the end of each of some days from `start` on. */
export function cumulative(
  rows: readonly { readonly date: string; readonly spentMinor: number }[],
  start: Temporal.PlainDate | string,
  days: number,
): number[] {
  const own = new Map(rows.map(({ date, spentMinor }) => [daysBetween(start, date), spentMinor]));
  let sum = 0;
  return Array.from({ length: days }, (_, day) => {
    sum += own.get(day) ?? 0;
    return sum;
  });
}

/** The household's currency first, the others by their code; within one as it was. */
export const inOrder = <T extends { readonly currency: string }>(
  all: readonly T[],
  own: string | null,
): T[] =>
  all.toSorted(
    (a, b) => Number(b.currency === own) - Number(a.currency === own) || a.currency.localeCompare(b.currency),
  );
