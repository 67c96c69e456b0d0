import { quietProblem } from 'mcp-server-sms/agreement';
import { readDatabase, type SpendingDatabase, timeZoneOf } from '../spending/database.ts';
import { toMajor } from '../spending/money.ts';
import { today as todayIn } from '../spending/periods.ts';
import { type BudgetStatus, budgetStatuses, endedStatuses } from '../spending/status.ts';
import type { BudgetFigures } from '../tools/rule.ts';
import { type CrossedBudget, crossedBudgets } from './crossed-budgets.ts';
import { inZone } from './format-time.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Told } from './ledger/row.ts';
import { conflictOf, isSameBudget } from './ledger/uniqueness.ts';
import { describeEarlier } from './outbox.ts';
import type { AlertSettings } from './settings.ts';
import { highestCrossed } from './thresholds.ts';

/** A budget, the threshold it has reached, and the state of its alert. */
export interface BudgetAlert {
  readonly status: BudgetStatus;
  readonly crossed: CrossedBudget | undefined;
  readonly alert: BudgetFigures['alert'];
  /** Its period has ended: a summary tells it. */
  readonly ended?: true;
}

export interface BudgetAlertOptions {
  /** The database's file, absolute. */
  readonly database: string;
  readonly ledger: Pick<Ledger, 'alertsSince' | 'snoozedUntil' | 'untold'> | undefined;
  readonly settings: AlertSettings;
  /** Pins "today". */
  readonly today: Temporal.PlainDate | undefined;
  readonly now?: () => Date;
}

/** All budgets with the state of their alerts, from the database, the ledger and the settings as they are now. */
export function budgetAlerts(options: BudgetAlertOptions): BudgetAlert[] {
  const { database, ledger, settings, now = () => new Date() } = options;
  const { zone, day, statuses } = readBudgets(options, budgetStatuses);
  const rows = ledger?.alertsSince(database, firstStart(statuses)) ?? [];
  const crossed = crossedBudgets(statuses, rows, settings.thresholds, day, now().getTime());
  const held = whyHeld(options, zone);
  return statuses.map((status) => {
    const own = crossed.find((one) => one.status === status);
    return { status, crossed: own, alert: alertStateOf(own, held(status)) };
  });
}

/**
 * Budgets that reached a threshold in the period before this one without an alert: it was held back, or a late import
 * brought the transactions. Only in periods that a run saw, so that years of imported history tell nothing.
 */
export function endedAlerts(options: BudgetAlertOptions): BudgetAlert[] {
  const { database, ledger, settings, now = () => new Date() } = options;
  const { zone, statuses } = readBudgets(options, endedStatuses);
  const [since, held] = [firstStart(statuses), whyHeld(options, zone)];
  const untold = ledger?.untold(database, since) ?? [];
  const rows = ledger?.alertsSince(database, since) ?? [];
  return statuses.flatMap((status): BudgetAlert[] => {
    const threshold = highestCrossed(status, settings.thresholds);
    if (threshold === undefined || !untold.some((one) => isSameBudget(one, status))) return [];
    if (conflictOf(rows, { alert: { ...status, threshold } }, now().getTime()) !== undefined) return [];
    const crossed = { status, threshold, forecastMinor: undefined, earlier: undefined };
    return [{ status, crossed, alert: alertStateOf(crossed, held(status)), ended: true }];
  });
}

/** What a run without a model may send. */
export const allAlerts = (options: BudgetAlertOptions): BudgetAlert[] => [
  ...budgetAlerts(options),
  ...endedAlerts(options),
];

/** Records in the ledger what a run sees of the budgets. */
export const observe = (
  options: Pick<BudgetAlertOptions, 'database' | 'today'> & { readonly ledger: Ledger },
): void => options.ledger.observe(options.database, () => readBudgets(options, budgetStatuses));

/** One transaction, so that limits and sums are from the same moment. */
const readBudgets = (
  { database, today }: Pick<BudgetAlertOptions, 'database' | 'today'>,
  statusesOf: (db: SpendingDatabase, day: Temporal.PlainDate) => BudgetStatus[],
) =>
  readDatabase(database, (db) =>
    db.transaction(() => {
      const zone = timeZoneOf(db);
      const day = today ?? todayIn(zone);
      return { zone, day, statuses: statusesOf(db, day) };
    })(),
  );

/** YYYY-MM-DD; without any, a day that is later than all. */
const firstStart = (statuses: readonly BudgetStatus[]): string =>
  statuses.map(({ periodStart }) => periodStart).sort()[0] ?? '9999';

function whyHeld({ database, ledger, settings, now = () => new Date() }: BudgetAlertOptions, zone: string) {
  const { quietHours } = settings;
  // With a zone given, the recipient is not used to find one.
  const quiet = quietHours && quietProblem({ ...quietHours, zone: quietHours.zone ?? zone }, '', now());
  return ({ category }: BudgetStatus): string | undefined => {
    const snoozed = ledger?.snoozedUntil(database, category);
    return snoozed ? `snoozed until ${inZone(snoozed, zone)}` : quiet;
  };
}

function alertStateOf(crossed: CrossedBudget | undefined, held: string | undefined): BudgetAlert['alert'] {
  if (crossed === undefined) return { state: 'none' };
  if (crossed.earlier !== undefined) return { state: 'done', reason: describeEarlier(crossed.earlier) };
  return held === undefined ? { state: 'due' } : { state: 'held', reason: held };
}

export function figuresOf({ status, alert }: BudgetAlert): BudgetFigures {
  const { budgetId, category, period, currency, spentMinor, limitMinor } = status;
  return {
    budgetId,
    category,
    period,
    currency,
    spent: toMajor(spentMinor, currency),
    limit: toMajor(limitMinor, currency),
    alert,
  };
}

export const toldOf = (database: string, { status, threshold }: CrossedBudget): Told => ({
  database,
  budgetId: status.budgetId,
  categoryId: status.categoryId,
  limitMinor: status.limitMinor,
  category: status.category,
  currency: status.currency,
  period: status.period,
  periodStart: status.periodStart,
  threshold,
  spentMinor: status.spentMinor,
});
