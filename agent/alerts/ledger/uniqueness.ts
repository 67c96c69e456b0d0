import { hasReached, levelOf, type Threshold } from '../thresholds.ts';
import type { AlertKey, AlertRow, IntentRow } from './row.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The same threshold of a budget is told so often in a day at most, however often spending falls below it. */
const TIMES_A_DAY = 2;

type AlertOf = Omit<AlertKey, 'database' | 'category'>;
/** A budget in a period. */
export type BudgetPeriod = Omit<AlertOf, 'threshold'>;

/**
 * The earlier row that forbids a new send, or undefined. Failed rows forbid nothing. Pure. The unique indexes of the
 * database enforce the same for equal keys. `now` in milliseconds.
 */
export function conflictOf(
  earlier: readonly IntentRow[],
  { alert }: { readonly alert?: AlertOf },
  now: number,
): IntentRow | undefined {
  const counting = earlier.filter(({ state }) => state !== 'failed');
  if (alert === undefined) return counting.at(-1);
  const { threshold } = alert;
  const same = counting.filter((row) => row.alert !== undefined && isSameBudget(row.alert, alert));
  const today = same.filter(
    (row) => row.alert?.threshold === threshold && row.reservedAt.getTime() > now - DAY_MS,
  );
  return (
    same.findLast(
      (row) => row.alert && covers(row.alert.threshold, threshold) && !fellBelow(row.alert, threshold),
    ) ?? today[TIMES_A_DAY - 1]
  );
}

/** True if a run saw spending below this threshold after the alert. */
const fellBelow = ({ fellToMinor, limitMinor }: AlertRow, threshold: Threshold): boolean =>
  fellToMinor !== undefined &&
  !hasReached({ spentMinor: fellToMinor, limitMinor }, threshold === 'forecast' ? 100 : threshold);

/** A budget with a changed limit counts as another one. */
export const isSameBudget = (a: BudgetPeriod, b: BudgetPeriod): boolean =>
  a.budgetId === b.budgetId &&
  a.categoryId === b.categoryId &&
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
