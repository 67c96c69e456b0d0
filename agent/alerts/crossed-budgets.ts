import { forecastMinor } from '../spending/forecast.ts';
import type { BudgetStatus } from '../spending/status.ts';
import type { IntentRow } from './ledger/row.ts';
import { conflictOf } from './ledger/uniqueness.ts';
import { highestCrossed, type Threshold } from './thresholds.ts';

export interface CrossedBudget {
  readonly status: BudgetStatus;
  readonly threshold: Threshold;
  /** Expected spending at the end of the period, in minor units. Set for `forecast` only. */
  readonly forecastMinor: number | undefined;
  /** The earlier alert that was sent, may have been sent, or is being sent. Undefined: the alert is due. */
  readonly earlier: IntentRow | undefined;
}

/**
 * For each budget, the highest threshold reached. If that was sent before, or none is reached, the forecast. Pure; `now`
 * in milliseconds.
 */
export function crossedBudgets(
  statuses: readonly BudgetStatus[],
  rows: readonly IntentRow[],
  thresholds: readonly Threshold[],
  asOf: Temporal.PlainDate,
  now: number,
): CrossedBudget[] {
  return statuses.flatMap((status) => {
    const candidates: CrossedBudget[] = [];
    const reached = highestCrossed(status, thresholds);
    if (reached !== undefined)
      candidates.push({
        status,
        threshold: reached,
        forecastMinor: undefined,
        earlier: earlier(rows, status, reached, now),
      });
    const forecast = thresholds.includes('forecast') ? overshoot(status, asOf) : undefined;
    if (forecast !== undefined) {
      const before = earlier(rows, status, 'forecast', now);
      candidates.push({ status, threshold: 'forecast', forecastMinor: forecast, earlier: before });
    }
    const one = candidates.find((candidate) => candidate.earlier === undefined) ?? candidates[0];
    return one === undefined ? [] : [one];
  });
}

/** The forecast, if the limit is not reached yet but will be exceeded at this pace. */
export function overshoot(status: BudgetStatus, asOf: Temporal.PlainDate): number | undefined {
  if (status.spentMinor >= status.limitMinor) return undefined;
  const forecast = forecastMinor(status, asOf);
  return forecast !== undefined && forecast > status.limitMinor ? forecast : undefined;
}

const earlier = (rows: readonly IntentRow[], status: BudgetStatus, threshold: Threshold, now: number) =>
  conflictOf(rows, { alert: { ...status, threshold } }, now);
