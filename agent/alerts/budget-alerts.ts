import { quietProblem } from 'mcp-server-sms/agreement';
import { readDatabase, type SpendingDatabase, timeZoneOf } from '../spending/database.ts';
import { toMajor } from '../spending/money.ts';
import { today as todayIn } from '../spending/periods.ts';
import { type BudgetStatus, budgetStatuses } from '../spending/status.ts';
import type { BudgetFigures } from '../tools/rule.ts';
import { type CrossedBudget, crossedBudgets } from './crossed-budgets.ts';
import { inZone } from './format-time.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { AlertKey } from './ledger/row.ts';
import { describeEarlier } from './outbox.ts';
import type { AlertSettings } from './settings.ts';

/** A budget, the threshold it has reached, and the state of its alert. */
export interface BudgetAlert {
  readonly status: BudgetStatus;
  readonly crossed: CrossedBudget | undefined;
  readonly alert: BudgetFigures['alert'];
}

export interface BudgetAlertOptions {
  /** The database's file, absolute. */
  readonly database: string;
  readonly ledger: Pick<Ledger, 'alertsSince' | 'snoozedUntil'> | undefined;
  readonly settings: AlertSettings;
  /** Pins "today". */
  readonly today: Temporal.PlainDate | undefined;
  readonly now?: () => Date;
}

/** All budgets with the state of their alerts, from the database, the ledger and the settings as they are now. */
export function budgetAlerts(options: BudgetAlertOptions): BudgetAlert[] {
  const { database, ledger, settings, now = () => new Date() } = options;
  const read = (db: SpendingDatabase) => {
    const zone = timeZoneOf(db);
    const day = options.today ?? todayIn(zone);
    return { zone, day, statuses: budgetStatuses(db, day) };
  };
  // One transaction, so that limits and sums are from the same moment.
  const { zone, day, statuses } = readDatabase(database, (db) => db.transaction(() => read(db))());
  const first = statuses.map(({ periodStart }) => periodStart).sort()[0];
  const rows = first === undefined ? [] : (ledger?.alertsSince(database, first) ?? []);
  const crossed = crossedBudgets(statuses, rows, settings.thresholds, day);
  const { quietHours } = settings;
  // With a zone given, the recipient is not used to find one.
  const quiet = quietHours && quietProblem({ ...quietHours, zone: quietHours.zone ?? zone }, '', now());
  return statuses.map((status) => {
    const snoozed = ledger?.snoozedUntil(database, status.category);
    const held = snoozed ? `snoozed until ${inZone(snoozed, zone)}` : quiet;
    const own = crossed.find((one) => one.status === status);
    return { status, crossed: own, alert: alertStateOf(own, held) };
  });
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

export const alertKeyOf = (database: string, { status, threshold }: CrossedBudget): AlertKey => ({
  database,
  budgetId: status.budgetId,
  categoryId: status.categoryId,
  limitMinor: status.limitMinor,
  category: status.category,
  currency: status.currency,
  period: status.period,
  periodStart: status.periodStart,
  threshold,
});
