import { Interrupted, NothingDone } from '@spendwise/sandbox/errors';
import { plainText } from '@spendwise/sandbox/foundation';
import { percentOf } from '../spending/status.ts';
import type { ToolResult } from '../tools/toolbox.ts';
import type { BudgetAlert } from './budget-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { IntentRow } from './ledger/row.ts';
import { isSameBudget } from './ledger/uniqueness.ts';
import type { Delivery } from './outbox.ts';
import type { Threshold } from './thresholds.ts';

/** One alert in a report. Amounts in minor units; `percent` is null for a budget of 0 that is exceeded. */
export interface AlertEntry {
  readonly category: string;
  readonly currency: string;
  readonly spentMinor: number;
  readonly limitMinor: number;
  readonly percent: number | null;
  readonly threshold: Threshold;
  readonly sid?: string;
  readonly reason?: string;
}

/** The JSON object of `spendwise alert --json`. Each alert in `due` is also in one other list. */
export interface AlertReport {
  /** Had reached a threshold and was not sent when the run began. */
  readonly due: AlertEntry[];
  readonly sent: AlertEntry[];
  readonly skipped: AlertEntry[];
  /** Certainly not sent, in this run or an earlier one. The next run tries again. */
  readonly failed: AlertEntry[];
  /** May have been sent, in this run or an earlier one. Never sent again; the user has to settle it. */
  readonly unknown: AlertEntry[];
}

export const emptyReport = (): AlertReport => ({ due: [], sent: [], skipped: [], failed: [], unknown: [] });

export interface AlertRows {
  /** Alerts of the current periods, oldest first. */
  readonly current: readonly IntentRow[];
  readonly unknown: readonly IntentRow[];
}

export const alertRows = (ledger: Ledger, database: string): AlertRows => ({
  // The longest period is a year.
  current: ledger.alertsSince(database, Temporal.Now.plainDateISO().subtract({ days: 400 }).toString()),
  unknown: ledger.unknown().filter(({ alert }) => alert?.database === database),
});

/** Adds each budget to its list in the report. Returns the budgets whose alert is to be sent now. */
export function sortOut(
  budgets: readonly BudgetAlert[],
  rows: AlertRows,
  report: AlertReport,
): BudgetAlert[] {
  for (const row of rows.unknown) report.unknown.push(...entryOfRow(row));
  const now: BudgetAlert[] = [];
  for (const budget of budgets) {
    const { crossed, alert } = budget;
    if (crossed === undefined || alert.state === 'none') continue;
    if (alert.state !== 'done') report.due.push(entryOf(budget));
    if (alert.state === 'due') now.push(budget);
    else if (alert.state === 'held') {
      const before = lastOf(rows.current, budget);
      if (before?.state === 'failed')
        report.failed.push(entryOf(budget, `${before.reason ?? 'it failed'}; ${alert.reason}`));
      else report.skipped.push(entryOf(budget, alert.reason));
    } else if (crossed.earlier?.state !== 'unknown') report.skipped.push(entryOf(budget, alert.reason));
  }
  return now;
}

/** Why an alert is not sent after all, and the list of the report that it goes to. */
export interface NotNow {
  readonly list: 'skipped' | 'failed';
  readonly reason: string;
}

/** Checks again right before the send, and sends the alert if it is still due. `look` gets what it finds. */
export type SendAlert = (
  budget: BudgetAlert,
  signal: AbortSignal,
  look: (now: BudgetAlert) => void,
) => Promise<Delivery<ToolResult, NotNow>>;

/**
 * Sends alerts one after the other. If it throws, the report holds the alerts sent so far and the one that failed.
 * Later ones were not tried.
 */
export async function sendAll(
  budgets: readonly BudgetAlert[],
  send: SendAlert,
  signal: AbortSignal,
  report: AlertReport,
): Promise<void> {
  for (const [at, before] of budgets.entries()) {
    let budget = before;
    try {
      const delivery = await send(before, signal, (now) => {
        budget = now;
      });
      if (delivery.kind === 'declined') {
        report[delivery.declined.list].push(entryOf(budget, delivery.declined.reason));
      } else if (delivery.kind === 'refused') {
        // An earlier alert makes this one unnecessary. Any other refusal leaves it due and not sent.
        const { earlier, reason } = delivery;
        report[earlier === undefined ? 'failed' : 'skipped'].push(entryOf(budget, reason));
      } else {
        const { settled } = delivery;
        const sid = settled.state === 'sent' ? settled.sid : undefined;
        report[settled.state].push(entryOf(budget, settled.reason, sid));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Not read from the ledger: the ledger itself may have failed after the text was sent.
      report[error instanceof NothingDone ? 'failed' : 'unknown'].push(entryOf(budget, reason));
      const why = error instanceof Interrupted ? 'interrupted before it' : 'the run ended before it';
      for (const rest of budgets.slice(at + 1)) report.skipped.push(entryOf(rest, why));
      throw error;
    }
  }
}

/** For a run that could not start: everything that was to be sent has failed. */
export function failAll(budgets: readonly BudgetAlert[], reason: string, report: AlertReport): void {
  for (const budget of budgets) report.failed.push(entryOf(budget, reason));
}

export function entryOf({ status, crossed }: BudgetAlert, reason?: string, sid?: string): AlertEntry {
  const { category, currency, spentMinor, limitMinor, percent } = status;
  return {
    category,
    currency,
    spentMinor,
    limitMinor,
    percent,
    threshold: crossed?.threshold ?? 'over',
    ...(sid === undefined ? {} : { sid }),
    ...(reason === undefined ? {} : { reason: plainText(reason) }),
  };
}

function entryOfRow({ alert, reason, id }: IntentRow): AlertEntry[] {
  if (alert === undefined) return [];
  const { category, currency, spentMinor, limitMinor, threshold } = alert;
  const percent = percentOf(spentMinor, limitMinor);
  const how = `${reason ?? 'the outcome is not known'}; look at your phone, then \`spendwise alert resolve ${id}\``;
  return [{ category, currency, spentMinor, limitMinor, percent, threshold, reason: plainText(how) }];
}

const lastOf = (rows: readonly IntentRow[], { status }: BudgetAlert): IntentRow | undefined =>
  rows.findLast(({ alert }) => alert !== undefined && isSameBudget(alert, status));
