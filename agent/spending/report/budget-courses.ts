import type { SpendingDatabase } from '../database.ts';
import { forecastMinor } from '../forecast.ts';
import { type BudgetStatus, budgetStatuses, type CurrencySum, otherCurrencies } from '../status.ts';
import { cumulative, daysBetween, rounded } from './sums.ts';

/** A budget, and how its spending grew in its period. */
export interface BudgetCourse extends BudgetStatus {
  /** Days of the period, and how many of them have begun. */
  readonly days: number;
  readonly passed: number;
  /** Spent by the end of each day that has begun, net of refunds. */
  readonly courseMinor: readonly number[];
  /** The part of the limit that an even pace would have used by now, rounded half up. */
  readonly paceMinor: number;
  /** Null too early in the period. */
  readonly forecastMinor: number | null;
  /** On how many days something was spent. */
  readonly spendingDays: number;
  /** The day on which this pace passes the limit. Null if it does not in this period, or has. */
  readonly overOn: string | null;
  readonly otherCurrencies: readonly CurrencySum[];
}

/** All budgets as of a day, most used first. */
export function budgetCourses(db: SpendingDatabase, asOf: Temporal.PlainDate): BudgetCourse[] {
  const byDay = db.prepare<[number, string, string, string], { date: string; spentMinor: number }>(
    `SELECT date, -sum(amount_minor) AS spentMinor FROM transactions
     WHERE category_id = ? AND currency = ? AND date >= ? AND date <= ? AND NOT transfer GROUP BY date`,
  );
  return budgetStatuses(db, asOf).map((status) => {
    const { categoryId, currency, periodStart, periodEnd, spentMinor, limitMinor } = status;
    const [days, passed] = [daysBetween(periodStart, periodEnd), daysBetween(periodStart, asOf) + 1];
    const rows = byDay.all(categoryId, currency, periodStart, asOf.toString());
    const forecast = forecastMinor(status, asOf) ?? null;
    const crosses = forecast !== null && forecast > limitMinor && spentMinor <= limitMinor;
    return {
      ...status,
      days,
      passed,
      courseMinor: cumulative(rows, periodStart, passed),
      paceMinor: rounded(BigInt(limitMinor) * BigInt(passed), days),
      forecastMinor: forecast,
      spendingDays: rows.length,
      overOn: crosses ? dayAfter(periodStart, daysUntilOver(spentMinor, limitMinor, passed) - 1) : null,
      otherCurrencies: otherCurrencies(db, status, asOf),
    };
  });
}

/** The first number of days whose spending at this pace is more than the limit. */
const daysUntilOver = (spentMinor: number, limitMinor: number, passed: number): number =>
  Number((BigInt(limitMinor) * BigInt(passed)) / BigInt(spentMinor)) + 1;

const dayAfter = (start: string, days: number): string =>
  Temporal.PlainDate.from(start).add({ days }).toString();
