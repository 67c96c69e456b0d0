import type { BudgetStatus } from './status.ts';

/** Before a quarter of a period has passed, one purchase decides a projection. */
const ENOUGH = 1 / 4;

/**
 * What a budget comes to by the end of its period when spending goes on at the pace so far: in minor units, half up.
 * Undefined while it is too early to say, and after the last day.
 */
export function forecastMinor(
  { periodStart, periodEnd, spentMinor }: Pick<BudgetStatus, 'periodStart' | 'periodEnd' | 'spentMinor'>,
  asOf: Temporal.PlainDate,
): number | undefined {
  const start = Temporal.PlainDate.from(periodStart);
  const days = start.until(periodEnd, { largestUnit: 'days' }).days;
  const passed = start.until(asOf, { largestUnit: 'days' }).days + 1;
  if (passed < days * ENOUGH || passed > days || spentMinor <= 0) return undefined;
  const doubled = BigInt(spentMinor) * BigInt(days) * 2n;
  return Number((doubled + BigInt(passed)) / (BigInt(passed) * 2n));
}
