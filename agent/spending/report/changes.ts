import type { SpendingDatabase } from '../database.ts';
import { type DateRange, type GroupBy, spendingBy } from '../queries.ts';
import { inOrder, rounded } from './sums.ts';

export interface Change {
  /** A category or a merchant. Empty for all of a currency. */
  readonly name: string;
  readonly currency: string;
  readonly spentMinor: number;
  readonly earlierMinor: number;
}

/** Spending in some days, compared with earlier ones. Days are included. */
export interface Comparison {
  readonly from: string;
  readonly to: string;
  readonly earlierFrom: string;
  readonly earlierTo: string;
  /** More than one: `earlierMinor` is the average of so many months. */
  readonly earlierMonths: number;
  readonly totals: readonly Change[];
  /** The biggest changes of each currency, biggest first. */
  readonly categories: readonly Change[];
  readonly merchants: readonly Change[];
}

export interface NewMerchant {
  readonly merchant: string;
  readonly currency: string;
  readonly firstOn: string;
  readonly spentMinor: number;
  readonly transactions: number;
}

/** Of each currency. */
const MOST = 5;

export function comparison(
  db: SpendingDatabase,
  range: DateRange,
  earlier: DateRange,
  own: string | null,
  earlierMonths = 1,
): Comparison {
  const changes = (by: GroupBy): Change[] =>
    spendingBy(db, by, range, -1, undefined, earlier).map(({ key, currency, spentMinor, earlierMinor }) => ({
      name: key,
      currency,
      spentMinor,
      earlierMinor: rounded(BigInt(earlierMinor), earlierMonths),
    }));
  const biggest = (by: GroupBy) =>
    firstOfEach(
      changes(by)
        .filter((one) => one.name !== '' && changeOf(one) !== 0)
        .sort((a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a))),
    );
  return {
    from: range.from,
    to: dayBefore(range.to),
    earlierFrom: earlier.from,
    earlierTo: dayBefore(earlier.to),
    earlierMonths,
    totals: inOrder(changes('all'), own),
    categories: inOrder(biggest('category'), own),
    merchants: inOrder(biggest('merchant'), own),
  };
}

export const changeOf = ({ spentMinor, earlierMinor }: Change): number => spentMinor - earlierMinor;

/** Merchants that never took anything before a range, those that took most first. */
export const newMerchants = (db: SpendingDatabase, { from, to }: DateRange): NewMerchant[] =>
  firstOfEach(
    db
      .prepare<[string, string, string], NewMerchant>(
        `SELECT t.merchant, t.currency, min(t.date) AS firstOn, -sum(t.amount_minor) AS spentMinor,
                count(*) AS transactions
         FROM transactions t JOIN categories c ON c.id = t.category_id
         WHERE t.date >= ? AND t.date < ? AND c.kind = 'expense' AND NOT t.transfer AND t.merchant <> ''
           AND t.merchant NOT IN (SELECT merchant FROM transactions WHERE date < ?)
         GROUP BY 1, 2 ORDER BY spentMinor DESC, 1`,
      )
      .all(from, to, from),
  );

/** Amounts of different currencies cannot be compared. */
const firstOfEach = <T extends { readonly currency: string }>(all: readonly T[]): T[] =>
  [...Map.groupBy(all, ({ currency }) => currency).values()].flatMap((own) => own.slice(0, MOST));

const dayBefore = (date: string): string => Temporal.PlainDate.from(date).subtract({ days: 1 }).toString();
