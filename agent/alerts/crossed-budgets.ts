import { forecastMinor } from '../spending/forecast.ts';
import type { BudgetStatus } from '../spending/status.ts';
import type { IntentRow } from './ledger/row.ts';
import { conflictOf } from './ledger/uniqueness.ts';
import { highestCrossed, type Threshold } from './thresholds.ts';

/** A budget that has passed a threshold in its period. */
export interface CrossedBudget {
  readonly status: BudgetStatus;
  readonly threshold: Threshold;
  /** What it comes to at this pace, in minor units; only with `forecast`. */
  readonly forecastMinor: number | undefined;
  /** The alert that was sent for it, may have been, or is being sent; undefined: it is due. */
  readonly earlier: IntentRow | undefined;
}

/**
 * The one threshold a budget stands at: the highest it has reached, once a period; a forecast where there is nothing
 * higher to say. Pure.
 */
export function crossedBudgets(
  statuses: readonly BudgetStatus[],
  rows: readonly IntentRow[],
  thresholds: readonly Threshold[],
  asOf: Temporal.PlainDate,
): CrossedBudget[] {
  return statuses.flatMap((status) => {
    const candidates: CrossedBudget[] = [];
    const reached = highestCrossed(status, thresholds);
    if (reached !== undefined)
      candidates.push({
        status,
        threshold: reached,
        forecastMinor: undefined,
        earlier: earlier(rows, status, reached),
      });
    const forecast = thresholds.includes('forecast') ? overshoot(status, asOf) : undefined;
    if (forecast !== undefined) {
      const before = earlier(rows, status, 'forecast');
      candidates.push({ status, threshold: 'forecast', forecastMinor: forecast, earlier: before });
    }
    const one = candidates.find((candidate) => candidate.earlier === undefined) ?? candidates[0];
    return one === undefined ? [] : [one];
  });
}

/** A budget of which there is still something left, and at this pace will not be. */
function overshoot(status: BudgetStatus, asOf: Temporal.PlainDate): number | undefined {
  if (status.spentMinor >= status.limitMinor) return undefined;
  const forecast = forecastMinor(status, asOf);
  return forecast !== undefined && forecast > status.limitMinor ? forecast : undefined;
}

/** What the ledger would say to it now. */
const earlier = (rows: readonly IntentRow[], status: BudgetStatus, threshold: Threshold) =>
  conflictOf(rows, { alert: { ...status, threshold } });
