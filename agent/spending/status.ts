import type { SpendingDatabase } from './database.ts';
import { PERIOD_KINDS, type PeriodKind, periodOf } from './periods.ts';

export type BudgetState = 'ok' | 'warn' | 'reached' | 'over';

export interface BudgetStatus {
  /** Row ids, because names may change. */
  readonly budgetId: number;
  readonly categoryId: number;
  readonly category: string;
  readonly currency: string;
  readonly period: PeriodKind;
  /** The first day of the period, and the day after its last. */
  readonly periodStart: string;
  readonly periodEnd: string;
  /** Net of refunds, so it may be negative. Transfers do not count. */
  readonly spentMinor: number;
  /** The part of `spentMinor` that is not settled by the bank. */
  readonly pendingMinor: number;
  readonly limitMinor: number;
  /** Whole percent, rounded half up, but never up to 80 or 100. Null for an exceeded budget of 0. */
  readonly percent: number | null;
  readonly state: BudgetState;
}

/** From this percentage a budget is in state `warn`. */
const WARN_PERCENT = 80;

/** Answered from an index alone (schema.sql). */
export const SPENT = `SELECT coalesce(-sum(amount_minor), 0) AS spent,
    coalesce(-sum(amount_minor) FILTER (WHERE pending), 0) AS pending
  FROM transactions
  WHERE category_id = ? AND currency = ? AND date >= ? AND date <= ? AND NOT transfer`;

/**
 * All budgets as of a day, or those of one kind of period, with spending up to and including that day. Most used first.
 */
export function budgetStatuses(
  db: SpendingDatabase,
  asOf: Temporal.PlainDate,
  only?: PeriodKind,
): BudgetStatus[] {
  const budgets = db
    .prepare<[], BudgetRow>(
      `SELECT b.id AS budgetId, b.category_id AS categoryId, c.name AS category, b.period, b.limit_minor AS limitMinor, b.currency
       FROM budgets b JOIN categories c ON c.id = b.category_id`,
    )
    .all();
  const spending = db.prepare<[number, string, string, string], { spent: number; pending: number }>(SPENT);
  return budgets
    .filter(({ period }) => only === undefined || period === only)
    .map(({ budgetId, categoryId, category, period: kind, limitMinor, currency }) => {
      const period = periodOf(kind, asOf);
      const sums = spending.get(categoryId, currency, period.start, asOf.toString());
      const spentMinor = sums?.spent ?? 0;
      return {
        budgetId,
        categoryId,
        category,
        currency,
        period: kind,
        periodStart: period.start,
        periodEnd: period.end,
        spentMinor,
        pendingMinor: sums?.pending ?? 0,
        limitMinor,
        percent: percentOf(spentMinor, limitMinor),
        state: stateOf(spentMinor, limitMinor),
      };
    })
    .sort((a, b) => share(b) - share(a) || a.category.localeCompare(b.category));
}

export interface CurrencySum {
  readonly currency: string;
  readonly spentMinor: number;
}

/** Spent in the category and period of a budget, in currencies that have no budget there. Never added to it. */
export const otherCurrencies = (
  db: SpendingDatabase,
  { categoryId, period, periodStart }: BudgetStatus,
  asOf: Temporal.PlainDate,
): CurrencySum[] =>
  db
    .prepare<[number, string, string, string], CurrencySum>(
      `SELECT currency, -sum(amount_minor) AS spentMinor FROM transactions t
       WHERE category_id = ? AND date >= ? AND date <= ? AND NOT transfer AND NOT EXISTS (
         SELECT 1 FROM budgets b WHERE b.category_id = t.category_id AND b.period = ? AND b.currency = t.currency)
       GROUP BY currency ORDER BY currency`,
    )
    .all(categoryId, periodStart, asOf.toString(), period);

/** All budgets in the period before that of a day, with all that was spent in it. */
export const endedStatuses = (db: SpendingDatabase, day: Temporal.PlainDate): BudgetStatus[] =>
  PERIOD_KINDS.flatMap((kind) =>
    budgetStatuses(db, Temporal.PlainDate.from(periodOf(kind, day).start).subtract({ days: 1 }), kind),
  );

interface BudgetRow {
  budgetId: number;
  categoryId: number;
  category: string;
  period: PeriodKind;
  limitMinor: number;
  currency: string;
}

/** Compares exact amounts: exactly 100 % is reached, not over. */
export function stateOf(spentMinor: number, limitMinor: number): BudgetState {
  if (spentMinor <= 0) return 'ok';
  if (spentMinor > limitMinor) return 'over';
  if (spentMinor === limitMinor) return 'reached';
  return reaches(spentMinor, limitMinor, WARN_PERCENT) ? 'warn' : 'ok';
}

const reaches = (spentMinor: number, limitMinor: number, percent: number): boolean =>
  BigInt(spentMinor) * 100n >= BigInt(limitMinor) * BigInt(percent);

/** Rounded half up, but never up to 80 or 100, where the state changes: 149.40 of 150 is 99 %. */
export function percentOf(spentMinor: number, limitMinor: number): number | null {
  if (spentMinor <= 0) return 0;
  if (limitMinor === 0) return null;
  const rounded = Number((BigInt(spentMinor) * 200n + BigInt(limitMinor)) / (BigInt(limitMinor) * 2n));
  const isShort = (rounded === WARN_PERCENT || rounded === 100) && !reaches(spentMinor, limitMinor, rounded);
  return isShort ? rounded - 1 : rounded;
}

const share = ({ spentMinor, limitMinor }: BudgetStatus): number =>
  limitMinor === 0 ? (spentMinor > 0 ? Number.POSITIVE_INFINITY : 0) : spentMinor / limitMinor;
