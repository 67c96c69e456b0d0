import type { SpendingDatabase } from '../database.ts';
import type { DateRange } from '../queries.ts';
import { rounded } from './sums.ts';

/** What was spent in one category and currency, by month. */
export interface CategoryMonths {
  readonly category: string;
  readonly currency: string;
  /** Net of refunds, so it may be negative. One for each month of the report; transfers do not count. */
  readonly spentMinor: readonly number[];
  /** What came back, which `spentMinor` is net of. */
  readonly refundedMinor: readonly number[];
  /** Of the whole months. Null if there is none. */
  readonly averageMinor: number | null;
}

/** The last twelve months, YYYY-MM; the last one is that of the day. */
export const monthsUntil = (day: Temporal.PlainDate): string[] =>
  Array.from({ length: 12 }, (_, at) =>
    day
      .toPlainYearMonth()
      .subtract({ months: 11 - at })
      .toString(),
  );

/** Categories by currency, those most spent on first. `whole` months before the last one count for the average. */
export function categoryMonths(
  db: SpendingDatabase,
  months: readonly string[],
  { from, to }: DateRange,
  whole: number,
): CategoryMonths[] {
  const rows = db
    .prepare<
      [string, string],
      { category: string; currency: string; month: string; spent: number; refunded: number }
    >(
      `SELECT c.name AS category, t.currency, substr(t.date, 1, 7) AS month, -sum(t.amount_minor) AS spent,
              coalesce(sum(t.amount_minor) FILTER (WHERE t.amount_minor > 0), 0) AS refunded
       FROM categories c CROSS JOIN transactions t ON t.category_id = c.id
       WHERE c.kind = 'expense' AND NOT t.transfer AND t.date >= ? AND t.date < ?
       GROUP BY c.id, t.currency, month`,
    )
    .all(from, to);
  const groups = Map.groupBy(rows, ({ category, currency }) => JSON.stringify([currency, category]));
  return [...groups.values()]
    .flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const of = (pick: (row: (typeof rows)[number]) => number) =>
        months.map((month) =>
          own.filter((row) => row.month === month).reduce((sum, row) => sum + pick(row), 0),
        );
      const spentMinor = of(({ spent }) => spent);
      const sum = spentMinor.slice(-1 - whole, -1).reduce((all, each) => all + BigInt(each), 0n);
      return {
        category: first.category,
        currency: first.currency,
        spentMinor,
        refundedMinor: of(({ refunded }) => refunded),
        averageMinor: whole === 0 ? null : rounded(sum, whole),
      };
    })
    .sort((a, b) => total(b) - total(a) || a.category.localeCompare(b.category));
}

const total = ({ spentMinor }: CategoryMonths): number => spentMinor.reduce((sum, each) => sum + each, 0);
