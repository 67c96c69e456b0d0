import type { BudgetAlert } from './budget-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { IntentState } from './ledger/row.ts';
import type { Threshold } from './thresholds.ts';

interface AboutBudget {
  readonly category: string;
  readonly currency: string;
  readonly period: string;
  /** YYYY-MM-DD */
  readonly periodStart: string;
  readonly threshold: Threshold;
  readonly spentMinor: number;
  readonly limitMinor: number;
}

/** What a text said about a budget, and what became of the text. */
export interface PastAlert extends AboutBudget {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly state: IntentState;
  readonly reason: string | null;
  /** It was part of a summary, told after the period. */
  readonly late: boolean;
}

/** An alert that has not gone out. */
export interface WaitingAlert extends AboutBudget {
  /** Why it was held back. Null: the next run sends it. */
  readonly heldBack: string | null;
}

/** Texts of this many are looked through. */
const MOST = 1000;

/** Alerts about periods of a database that began in a range of days, newest first. Both days are included. */
export const pastAlerts = (ledger: Ledger, database: string, from: string, to: string): PastAlert[] =>
  ledger.history(MOST).flatMap((row) =>
    ledger
      .toldBy(row)
      .filter((one) => one.database === database && one.periodStart >= from && one.periodStart <= to)
      .map((told) => ({
        at: row.reservedAt.toISOString(),
        state: row.state,
        reason: row.reason ?? null,
        late: row.alert === undefined,
        ...aboutOf(told),
      })),
  );

export const waitingAlerts = (alerts: readonly BudgetAlert[]): WaitingAlert[] =>
  alerts.flatMap(({ status, crossed, alert }) =>
    crossed !== undefined && (alert.state === 'held' || alert.state === 'due')
      ? {
          heldBack: alert.state === 'held' ? alert.reason : null,
          ...aboutOf({ ...status, threshold: crossed.threshold }),
        }
      : [],
  );

const aboutOf = ({
  category,
  currency,
  period,
  periodStart,
  threshold,
  spentMinor,
  limitMinor,
}: AboutBudget) => ({
  category,
  currency,
  period,
  periodStart,
  threshold,
  spentMinor,
  limitMinor,
});
