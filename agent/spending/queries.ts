import type { SpendingDatabase } from './database.ts';

export type GroupBy = 'category' | 'merchant' | 'day';

/** A half-open range of calendar dates, without `to`. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

export interface SpendingGroup {
  readonly key: string;
  readonly currency: string;
  /** Net of refunds; transfers and income do not count. */
  readonly spentMinor: number;
  readonly transactions: number;
}

const GROUP_COLUMN: Record<GroupBy, string> = { category: 'c.name', merchant: 't.merchant', day: 't.date' };

export interface Bounded<T> {
  readonly rows: T[];
  /** The total number, which may be more than `rows`. */
  readonly total: number;
}

/** Spending in a range by category, merchant or day. Largest first; days in order. */
export function spendingBy(
  db: SpendingDatabase,
  groupBy: GroupBy,
  { from, to }: DateRange,
  limit: number,
): Bounded<SpendingGroup> {
  const column = GROUP_COLUMN[groupBy];
  const groups = db
    .prepare<[string, string], SpendingGroup>(
      `SELECT ${column} AS key, t.currency, -sum(t.amount_minor) AS spentMinor, count(*) AS transactions
       FROM transactions t JOIN categories c ON c.id = t.category_id
       WHERE c.kind = 'expense' AND NOT t.transfer AND t.date >= ? AND t.date < ?
       GROUP BY ${column}, t.currency
       ORDER BY ${groupBy === 'day' ? 't.date' : 'spentMinor DESC'}, key, t.currency`,
    )
    .all(from, to);
  return { rows: groups.slice(0, limit), total: groups.length };
}

export interface TransactionFilter extends DateRange {
  readonly category?: string | undefined;
  /** Searched in merchant and description, ignoring case. */
  readonly text?: string | undefined;
  readonly pendingOnly?: boolean | undefined;
}

export interface FoundTransaction {
  readonly date: string;
  /** Signed: negative is money out. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly category: string;
  readonly merchant: string;
  readonly description: string;
  readonly transfer: 0 | 1;
  readonly pending: 0 | 1;
}

export function findTransactions(
  db: SpendingDatabase,
  filter: TransactionFilter,
  limit: number,
): Bounded<FoundTransaction> {
  const where = ['t.date >= @from', 't.date < @to'];
  if (filter.category !== undefined) where.push('c.name = @category');
  if (filter.text !== undefined) {
    where.push(
      '(instr(lower(t.merchant), lower(@text)) > 0 OR instr(lower(t.description), lower(@text)) > 0)',
    );
  }
  if (filter.pendingOnly) where.push('t.pending');
  const source = `FROM transactions t JOIN categories c ON c.id = t.category_id WHERE ${where.join(' AND ')}`;
  const { from, to, category, text } = filter;
  const named = { from, to, category: category ?? null, text: text ?? null, limit };
  const total = db.prepare(`SELECT count(*) ${source}`).pluck().get(named) as number;
  const rows = db
    .prepare(
      `SELECT t.date, t.amount_minor AS amountMinor, t.currency, c.name AS category, t.merchant, t.description,
              t.transfer, t.pending
       ${source} ORDER BY t.date DESC, t.id DESC LIMIT @limit`,
    )
    .all(named) as FoundTransaction[];
  return { rows, total };
}

export const categoryNames = (db: SpendingDatabase): string[] =>
  db.prepare<[], string>('SELECT name FROM categories ORDER BY id').pluck().all() as string[];
