import type { BudgetStatus } from '../spending/status.ts';
import { overshoot } from './crossed-budgets.ts';
import type { IntentRow, IntentState } from './ledger/row.ts';
import { isSameBudget } from './ledger/uniqueness.ts';
import { hasReached, type Threshold } from './thresholds.ts';

/** An alert whose threshold spending fell below after a correction, and how low. */
export interface Fall {
  readonly id: number;
  readonly toMinor: number;
}

/** May have gone out. What is still being sent is looked at by the next run. */
const TOLD: ReadonlySet<IntentState> = new Set(['sent', 'delivered', 'undelivered', 'unknown']);

/**
 * The alerts whose threshold is no longer true because less is spent than they said. What they told above that is told
 * again when it becomes true again. Pure.
 */
export function falls(
  rows: readonly IntentRow[],
  statuses: readonly BudgetStatus[],
  day: Temporal.PlainDate,
): Fall[] {
  return rows.flatMap(({ id, state, alert }) => {
    if (alert === undefined || !TOLD.has(state)) return [];
    const now = statuses.find((status) => isSameBudget(alert, status));
    if (now === undefined) return [];
    const less = now.spentMinor < (alert.fellToMinor ?? alert.spentMinor);
    return less && !isTrue(alert.threshold, now, day) ? [{ id, toMinor: now.spentMinor }] : [];
  });
}

const isTrue = (threshold: Threshold, status: BudgetStatus, day: Temporal.PlainDate): boolean =>
  threshold === 'forecast'
    ? hasReached(status, 100) || overshoot(status, day) !== undefined
    : hasReached(status, threshold);
