import type { BudgetStatus } from './status.ts';

/** In the first quarter of a period, one purchase would decide the forecast. */
const ENOUGH = 1 / 4;

/**
 * Expected spending at the end of the period at the pace so far, in minor units, rounded half up. Undefined too early
 * in the period, and after it.
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
