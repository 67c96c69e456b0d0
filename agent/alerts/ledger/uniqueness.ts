import { levelOf, type Threshold } from '../thresholds.ts';
import type { AlertKey, IntentRow } from './row.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** An alert among those of one database. */
type AlertOf = Omit<AlertKey, 'database'>;

/**
 * The earlier intent that stands against a new one, among those that could; undefined when it may be sent. What failed
 * stands against nothing. Pure; the database's unique indexes hold the same for what is exactly equal.
 */
export function conflictOf(
  earlier: readonly IntentRow[],
  { alert }: { readonly alert?: AlertOf },
): IntentRow | undefined {
  const counting = earlier.filter(({ state }) => state !== 'failed');
  if (alert === undefined) return counting.at(-1);
  return counting.findLast(
    (row) =>
      row.alert !== undefined &&
      isSameBudget(row.alert, alert) &&
      covers(row.alert.threshold, alert.threshold),
  );
}

/** With the same limit: after that was changed, its alerts are new ones. */
export const isSameBudget = (a: Omit<AlertOf, 'threshold'>, b: Omit<AlertOf, 'threshold'>): boolean =>
  (a.budgetId === undefined || b.budgetId === undefined
    ? a.category === b.category
    : a.budgetId === b.budgetId && a.categoryId === b.categoryId) &&
  a.limitMinor === b.limitMinor &&
  a.currency === b.currency &&
  a.period === b.period &&
  a.periodStart === b.periodStart;

/** Whether an alert makes a later one needless: the same, or a higher one of the same period. */
export function covers(sent: Threshold, now: Threshold): boolean {
  if (sent === 'forecast') return now === 'forecast';
  // What is full already needs no forecast.
  return levelOf(sent) >= (now === 'forecast' ? 100 : levelOf(now));
}
