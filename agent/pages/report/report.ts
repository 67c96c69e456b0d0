import type { PastAlert, WaitingAlert } from '../../alerts/past-alerts.ts';
import type { SpendingReport } from '../../spending/report/report.ts';

/** What the page, the terminal and `--json` show. */
export interface Report extends SpendingReport {
  /** Alerts about the months of the report, newest first. */
  readonly alerts: readonly PastAlert[];
  /** Empty for a day other than today: what is held back changes with the clock. */
  readonly waiting: readonly WaitingAlert[];
}
