import type { SpendingDatabase } from '../database.ts';
import { spendingBy } from '../queries.ts';
import { cumulative, daysBetween } from './sums.ts';

/** All spending in one currency, summed up day by day. */
export interface MonthCourse {
  readonly currency: string;
  /** Of each day of this month that has begun. */
  readonly soFarMinor: readonly number[];
  /** Of each day of the month before. */
  readonly beforeMinor: readonly number[];
}

/** Of the month that begins on `month`, up to a day, and of the month before. */
export function monthCourses(
  db: SpendingDatabase,
  month: Temporal.PlainDate,
  day: Temporal.PlainDate,
): MonthCourse[] {
  const before = month.subtract({ months: 1 });
  const range = { from: before.toString(), to: day.add({ days: 1 }).toString() };
  const rows = spendingBy(db, 'day', range, -1).map((row) => ({ ...row, date: row.key }));
  return [...Map.groupBy(rows, ({ currency }) => currency)].map(([currency, own]) => ({
    currency,
    soFarMinor: cumulative(own, month, daysBetween(month, day) + 1),
    beforeMinor: cumulative(own, before, daysBetween(before, month)),
  }));
}
