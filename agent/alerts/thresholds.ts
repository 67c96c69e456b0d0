import type { BudgetStatus } from '../spending/status.ts';

/**
 * What triggers an alert: a percentage of the limit, `over` (more than the limit), or `forecast` (over by the end of
 * the period at this pace). Each fires once a period, and again when spending fell below it and reaches it again.
 */
export type Threshold = number | 'over' | 'forecast';

export const DEFAULT_THRESHOLDS: readonly Threshold[] = [50, 80, 100, 'over'];

/** The order in which spending reaches them. `forecast` has no level. */
export const levelOf = (threshold: Exclude<Threshold, 'forecast'>): number =>
  threshold === 'over' ? Number.POSITIVE_INFINITY : threshold;

type Spending = Pick<BudgetStatus, 'spentMinor' | 'limitMinor'>;

/** By exact amounts. */
export const hasReached = (
  { spentMinor, limitMinor }: Spending,
  threshold: Exclude<Threshold, 'forecast'>,
): boolean =>
  spentMinor > 0 &&
  (threshold === 'over'
    ? spentMinor > limitMinor
    : BigInt(spentMinor) * 100n >= BigInt(limitMinor) * BigInt(threshold));

/** The highest threshold that spending has reached. */
export const highestCrossed = (
  spending: Spending,
  thresholds: readonly Threshold[],
): Exclude<Threshold, 'forecast'> | undefined =>
  thresholds
    .filter((threshold) => threshold !== 'forecast')
    .filter((threshold) => hasReached(spending, threshold))
    .sort((a, b) => levelOf(b) - levelOf(a))[0];

/** Parses `50,80,100,over,forecast`, in any order. Percentages are 1 to 100. Undefined if any part is invalid. */
export function parseThresholds(text: string): Threshold[] | undefined {
  const thresholds = text.split(',').map((part) => parseThreshold(part.trim()));
  if (thresholds.some((threshold) => threshold === undefined)) return undefined;
  return [...new Set(thresholds as Threshold[])];
}

export function parseThreshold(text: string): Threshold | undefined {
  if (text === 'over' || text === 'forecast') return text;
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return percent >= 1 && percent <= 100 ? percent : undefined;
}

export const describeThreshold = (threshold: Threshold): string =>
  typeof threshold === 'number' ? `${threshold}%` : threshold;
