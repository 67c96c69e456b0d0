import { Interrupted, NothingDone } from '@spendwise/sandbox/errors';
import { plainText } from '@spendwise/sandbox/foundation';
import { percentOf } from '../spending/status.ts';
import type { ToolResult } from '../tools/toolbox.ts';
import type { BudgetAlert } from './budget-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { IntentRow, Told } from './ledger/row.ts';
import { isSameBudget } from './ledger/uniqueness.ts';
import { type Delivery, isOpen, whyOpen } from './outbox.ts';
import type { Threshold } from './thresholds.ts';

/** One alert in a report. Amounts in minor units; `percent` is null for a budget of 0 that is exceeded. */
export interface AlertEntry {
  readonly category: string;
  readonly currency: string;
  readonly spentMinor: number;
  readonly limitMinor: number;
  readonly percent: number | null;
  readonly threshold: Threshold;
  /** The period, if it has ended: a summary tells it. */
  readonly ended?: { readonly period: string; readonly periodStart: string };
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
  /** Taken by Twilio, and not delivered. Not sent again either, until the user settles it. */
  readonly undelivered: AlertEntry[];
}

export const emptyReport = (): AlertReport => ({
  due: [],
  sent: [],
  skipped: [],
  failed: [],
  unknown: [],
  undelivered: [],
});

export interface AlertRows {
  /** Alerts of the current periods, oldest first. */
  readonly current: readonly IntentRow[];
  /** Texts that the user has to settle, and what they say about budgets of this database. */
  readonly open: readonly { readonly row: IntentRow; readonly told: readonly Told[] }[];
}

export const alertRows = (ledger: Ledger, database: string): AlertRows => ({
  // The longest period is a year.
  current: ledger.alertsSince(database, Temporal.Now.plainDateISO().subtract({ days: 400 }).toString()),
  open: ledger
    .open()
    .map((row) => ({ row, told: ledger.toldBy(row).filter((told) => told.database === database) })),
});

/** Adds each budget to its list in the report. Returns the budgets whose alert is to be sent now. */
export function sortOut(
  budgets: readonly BudgetAlert[],
  rows: AlertRows,
  report: AlertReport,
): BudgetAlert[] {
  for (const { row, told } of rows.open)
    report[row.state === 'undelivered' ? 'undelivered' : 'unknown'].push(
      ...told.map((one) => entryOfRow(row, one)),
    );
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
    } else if (crossed.earlier === undefined || !isOpen(crossed.earlier))
      report.skipped.push(entryOf(budget, alert.reason));
  }
  return now;
}

/** Why an alert is not sent after all, and the list of the report that it goes to. */
export interface NotNow {
  readonly list: 'skipped' | 'failed';
  readonly reason: string;
}

/**
 * Checks again right before the send, and sends the text about these budgets if it is still due. `look` gets those that
 * are.
 */
export type SendAlert = (
  budgets: readonly BudgetAlert[],
  signal: AbortSignal,
  look: (now: readonly BudgetAlert[]) => void,
) => Promise<Delivery<ToolResult, NotNow>>;

/**
 * Sends texts one after the other: an alert for each budget, then one summary of ended periods. If it throws, the report
 * holds the alerts sent so far and the one that failed. Later ones were not tried.
 */
export async function sendAll(
  budgets: readonly BudgetAlert[],
  send: SendAlert,
  signal: AbortSignal,
  report: AlertReport,
): Promise<void> {
  const ended = budgets.filter((budget) => budget.ended);
  const texts = [...budgets.filter((budget) => !budget.ended).map((budget) => [budget]), ended];
  for (const [at, before] of texts.filter((text) => text.length > 0).entries()) {
    let text: readonly BudgetAlert[] = before;
    const put = (list: keyof AlertReport, reason: string | undefined, sid?: string) =>
      report[list].push(...text.map((budget) => entryOf(budget, reason, sid)));
    try {
      const delivery = await send(before, signal, (now) => {
        text = now;
        const gone = before.filter(
          ({ status }) => !now.some((one) => one.status.budgetId === status.budgetId),
        );
        report.skipped.push(...gone.map((budget) => entryOf(budget, NO_LONGER)));
      });
      if (delivery.kind === 'declined') put(delivery.declined.list, delivery.declined.reason);
      else if (delivery.kind === 'refused') {
        // An earlier alert makes this one unnecessary. Any other refusal leaves it due and not sent.
        const { earlier, reason } = delivery;
        put(earlier === undefined ? 'failed' : 'skipped', reason);
      } else {
        const { settled } = delivery;
        put(settled.state, settled.reason, settled.state === 'sent' ? settled.sid : undefined);
      }
    } catch (error) {
      // Not read from the ledger: the ledger itself may have failed after the text was sent.
      put(
        error instanceof NothingDone ? 'failed' : 'unknown',
        error instanceof Error ? error.message : String(error),
      );
      const why = error instanceof Interrupted ? 'interrupted before it' : 'the run ended before it';
      for (const rest of texts.slice(at + 1).flat()) report.skipped.push(entryOf(rest, why));
      throw error;
    }
  }
}

export const NO_LONGER = 'its figures or its period have changed: it has reached no threshold now';

/** For a run that could not start: everything that was to be sent has failed. */
export function failAll(budgets: readonly BudgetAlert[], reason: string, report: AlertReport): void {
  for (const budget of budgets) report.failed.push(entryOf(budget, reason));
}

export function entryOf({ status, crossed, ended }: BudgetAlert, reason?: string, sid?: string): AlertEntry {
  const { category, currency, spentMinor, limitMinor, percent, period, periodStart } = status;
  return {
    category,
    currency,
    spentMinor,
    limitMinor,
    percent,
    threshold: crossed?.threshold ?? 'over',
    ...(ended ? { ended: { period, periodStart } } : {}),
    ...(sid === undefined ? {} : { sid }),
    ...(reason === undefined ? {} : { reason: plainText(reason) }),
  };
}

function entryOfRow(row: IntentRow, told: Told): AlertEntry {
  const { category, currency, spentMinor, limitMinor, threshold, period, periodStart } = told;
  const percent = percentOf(spentMinor, limitMinor);
  return {
    ...{ category, currency, spentMinor, limitMinor, percent, threshold },
    ...(row.alert === undefined ? { ended: { period, periodStart } } : {}),
    ...(row.sid === undefined ? {} : { sid: row.sid }),
    reason: plainText(whyOpen(row)),
  };
}

const lastOf = (rows: readonly IntentRow[], { status }: BudgetAlert): IntentRow | undefined =>
  rows.findLast(({ alert }) => alert !== undefined && isSameBudget(alert, status));
