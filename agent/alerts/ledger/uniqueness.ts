import { levelOf, type Threshold } from '../thresholds.ts';
import type { AlertKey, IntentRow } from './row.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

type AlertOf = Omit<AlertKey, 'database'>;

/**
 * The earlier row that forbids a new send, or undefined. Failed rows forbid nothing. Pure. The unique indexes of the
 * database enforce the same for equal keys.
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

/** A budget with a changed limit counts as another one. */
export const isSameBudget = (a: Omit<AlertOf, 'threshold'>, b: Omit<AlertOf, 'threshold'>): boolean =>
  (a.budgetId === undefined || b.budgetId === undefined
    ? a.category === b.category
    : a.budgetId === b.budgetId && a.categoryId === b.categoryId) &&
  a.limitMinor === b.limitMinor &&
  a.currency === b.currency &&
  a.period === b.period &&
  a.periodStart === b.periodStart;

/** True if the sent alert has the same or a higher threshold than the new one. */
export function covers(sent: Threshold, now: Threshold): boolean {
  if (sent === 'forecast') return now === 'forecast';
  // A budget that reached 100 % needs no forecast.
  return levelOf(sent) >= (now === 'forecast' ? 100 : levelOf(now));
}
