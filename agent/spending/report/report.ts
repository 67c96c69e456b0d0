import { readSetting, type SpendingDatabase, timeZoneOf } from '../database.ts';
import { periodOf } from '../periods.ts';
import { prepareQueries } from '../queries.ts';
import { type BudgetCourse, budgetCourses } from './budget-courses.ts';
import { type Comparison, comparison, type NewMerchant, newMerchants } from './changes.ts';
import { type MonthCourse, monthCourses } from './month-courses.ts';
import { type CategoryMonths, categoryMonths, monthsUntil } from './months.ts';
import { inOrder } from './sums.ts';

/** A year of spending as of a day. Money is in minor units, and never added up across currencies; the household's comes first. */
export interface SpendingReport {
  readonly asOf: string;
  readonly timeZone: string;
  /** The household's; null if it has not chosen one. */
  readonly currency: string | null;
  readonly budgets: readonly BudgetCourse[];
  /** Twelve, YYYY-MM, to that of the day, which may not be over. */
  readonly months: readonly string[];
  readonly categories: readonly CategoryMonths[];
  /** Of this month and the one before it. */
  readonly monthCourses: readonly MonthCourse[];
  /** This month so far, against the same days of the month before. Null without transactions before this month. */
  readonly monthSoFar: Comparison | null;
  /** The last whole month, against the average of those before. Null if there is none before it. */
  readonly lastMonth: Comparison | null;
  /** Empty without transactions before this month. */
  readonly newMerchants: readonly NewMerchant[];
}

/** Reading years of transactions takes a second. */
const MAX_MS = 60_000;

export function spendingReport(db: SpendingDatabase, day: Temporal.PlainDate): SpendingReport {
  prepareQueries(db, MAX_MS);
  const currency = readSetting(db, 'currency') ?? null;
  const months = monthsUntil(day);
  const range = { from: `${months[0]}-01`, to: day.add({ days: 1 }).toString() };
  const month = Temporal.PlainDate.from(periodOf('month', day).start);
  const before = month.subtract({ months: 1 });
  const soFar = { from: month.toString(), to: range.to };
  const sameDays = { from: before.toString(), to: endOfSameDays(soFar.to, month) };
  const last = { from: before.toString(), to: month.toString() };
  const whole = wholeMonths(db, months, range.from);
  const earlier = { from: month.subtract({ months: whole }).toString(), to: before.toString() };
  return {
    asOf: day.toString(),
    timeZone: timeZoneOf(db),
    currency,
    budgets: budgetCourses(db, day),
    months,
    categories: inOrder(categoryMonths(db, months, range, whole), currency),
    monthCourses: inOrder(monthCourses(db, month, day), currency),
    monthSoFar: whole === 0 ? null : comparison(db, soFar, sameDays, currency),
    lastMonth: whole < 2 ? null : comparison(db, last, earlier, currency, whole - 1),
    newMerchants: whole === 0 ? [] : inOrder(newMerchants(db, soFar), currency),
  };
}

/** How many months of the report are over, from that of the first transaction on. */
function wholeMonths(db: SpendingDatabase, months: readonly string[], from: string): number {
  const first = db.prepare<[], string | null>('SELECT min(date) FROM transactions').pluck().get();
  if (first === null || first === undefined) return 0;
  const month = (first < from ? from : first).slice(0, 7);
  return months.slice(0, -1).filter((one) => one >= month).length;
}

/** The day after the same days of the month before: all of it after a whole month, or after more days than it has. */
function endOfSameDays(to: string, month: Temporal.PlainDate): string {
  const length = month.until(to, { largestUnit: 'months' });
  const end = month.subtract({ months: 1 }).add(length);
  return (Temporal.PlainDate.compare(end, month) > 0 ? month : end).toString();
}
