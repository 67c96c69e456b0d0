import type { SpendingDatabase } from './database.ts';
import { folded } from './household/names.ts';
import { toMajor } from './money.ts';

/** A half-open range of calendar dates, without `to`. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

/** What transactions must have in common: a category, an account, or text in merchant or description in any case. */
export type Match = readonly [what: 'category' | 'account' | 'text', value: string];

/** What a person means by a word: the category or account of that name, else text. */
export function meant(db: SpendingDatabase, word: string): Match {
  for (const [what, names] of [
    ['category', categoryNames(db)],
    ['account', accountNames(db)],
  ] as const) {
    const alike = names.filter((name) => folded(name) === folded(word));
    const found = alike.find((name) => name === word) ?? (alike.length === 1 ? alike[0] : undefined);
    if (found !== undefined) return [what, found];
  }
  return ['text', word];
}

export class TookTooLong extends Error {}

/** Makes what the queries here call. They throw TookTooLong after `ms`, however many rows there are to read. */
export function prepareQueries(db: SpendingDatabase, ms: number): void {
  const end = performance.now() + ms;
  db.function('in_time', () => {
    if (performance.now() > end) throw new TookTooLong(`it took more than ${ms / 1000} seconds`);
    return 1;
  });
  db.function('folded', { deterministic: true }, (text) => folded(String(text)));
  db.function('major', { deterministic: true }, (minor, currency) =>
    toMajor(Number(minor), String(currency)),
  );
}

const ACCOUNT = '(SELECT name FROM accounts WHERE id = t.account_id)';

/** By category, because that index has all columns but texts and account. The clock is read every 1024 rows. */
const matching = (where: readonly string[]): string =>
  `FROM categories c CROSS JOIN transactions t ON t.category_id = c.id
   WHERE (t.id & 1023 OR in_time()) AND ${where.join(' AND ')}`;

function condition([what, value]: Match): string {
  if (what === 'category') return 'c.name = @value';
  if (what === 'account') return `${ACCOUNT} = @value`;
  // SQLite's own knows the case of ASCII alone, but is much faster.
  const fold = /^[\0-\x7f]*$/.test(value) ? 'lower' : 'folded';
  return ['t.merchant', 't.description']
    .map((text) => `instr(${fold}(${text}), ${fold}(@value))`)
    .join(' OR ');
}

const GROUP_KEY = {
  category: 'c.name',
  merchant: 't.merchant',
  account: ACCOUNT,
  month: 'substr(t.date, 1, 7)',
  day: 't.date',
  all: "''",
} as const;
export type GroupBy = keyof typeof GROUP_KEY;

export interface SpendingGroup {
  readonly key: string;
  readonly currency: string;
  /** Net of refunds; transfers and income do not count. */
  readonly spentMinor: number;
  readonly transactions: number;
  /** What was spent in the earlier range. */
  readonly earlierMinor: number;
  /** How many groups there are: only the first ones are returned. */
  readonly total: number;
}

/**
 * Spending in a range by group and currency. Largest first, or what changed most since the range `earlier`; months and
 * days in order.
 */
export function spendingBy(
  db: SpendingDatabase,
  groupBy: GroupBy,
  { from, to }: DateRange,
  limit: number,
  match?: Match,
  earlier?: DateRange,
): SpendingGroup[] {
  const [inRange, inEarlier] = ['t.date >= @from AND t.date < @to', 't.date >= @from0 AND t.date < @to0'];
  const isDate = groupBy === 'month' || groupBy === 'day';
  const order = isDate ? '' : earlier ? 'abs(spentMinor - earlierMinor) DESC,' : 'spentMinor DESC,';
  const where = ["c.kind = 'expense'", 'NOT t.transfer', ...(match ? [`(${condition(match)})`] : [])];
  // One range around both, for the index.
  if (earlier) where.push('t.date >= min(@from, @from0) AND t.date < max(@to, @to0)');
  where.push(earlier ? `(${inRange} OR ${inEarlier})` : inRange);
  return db
    .prepare<unknown[], SpendingGroup>(
      `SELECT *, count(*) OVER () AS total FROM (
         SELECT ${GROUP_KEY[groupBy]} AS key, t.currency,
           coalesce(-sum(t.amount_minor) FILTER (WHERE ${inRange}), 0) AS spentMinor,
           count(*) FILTER (WHERE ${inRange}) AS transactions,
           ${earlier ? `coalesce(-sum(t.amount_minor) FILTER (WHERE ${inEarlier}), 0)` : '0'} AS earlierMinor
         ${matching(where)} GROUP BY 1, 2)
       ORDER BY ${order} key, currency LIMIT @limit`,
    )
    .all({ from, to, from0: earlier?.from, to0: earlier?.to, value: match?.[1], limit });
}

export interface TransactionFilter extends DateRange {
  readonly match?: Match | undefined;
  /** Without sign, in major units of the transaction's currency. */
  readonly minAmount?: number | undefined;
  readonly maxAmount?: number | undefined;
}

export interface FoundTransaction {
  readonly date: string;
  /** Signed: negative is money out. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly category: string;
  readonly account: string;
  readonly merchant: string;
  readonly description: string;
  readonly transfer: 0 | 1;
  readonly pending: 0 | 1;
}

export interface Total {
  readonly currency: string;
  readonly amountMinor: number;
  readonly transactions: number;
}

const AMOUNT = 'major(abs(t.amount_minor), t.currency)';
const ORDER = { newest: '', largest: `${AMOUNT} DESC,`, pending: 't.pending DESC,' } as const;

/** The first `limit` transactions, and totals of all, by currency. */
export function findTransactions(
  db: SpendingDatabase,
  { match, ...filter }: TransactionFilter,
  sort: keyof typeof ORDER,
  limit: number,
): { rows: FoundTransaction[]; totals: Total[] } {
  const source = matching([
    't.date >= @from AND t.date < @to',
    ...(match ? [`(${condition(match)})`] : []),
    ...(filter.minAmount === undefined ? [] : [`${AMOUNT} >= @minAmount`]),
    ...(filter.maxAmount === undefined ? [] : [`${AMOUNT} <= @maxAmount`]),
  ]);
  const order = `ORDER BY ${ORDER[sort]} t.date DESC, t.id DESC`;
  const named = { ...filter, value: match?.[1], limit };
  const totals = db
    .prepare<unknown[], Total>(
      `SELECT t.currency, sum(t.amount_minor) AS amountMinor, count(*) AS transactions
       ${source} GROUP BY 1 ORDER BY transactions DESC, 1`,
    )
    .all(named);
  const rows = db
    .prepare<unknown[], FoundTransaction>(
      `SELECT t.date, t.amount_minor AS amountMinor, t.currency, c.name AS category, ${ACCOUNT} AS account,
              t.merchant, t.description, t.transfer, t.pending
       FROM transactions t JOIN categories c ON c.id = t.category_id
       WHERE t.id IN (SELECT t.id ${source} ${order} LIMIT @limit) ${order}`,
    )
    .all(named);
  return { rows, totals };
}

export const categoryNames = (db: SpendingDatabase): string[] =>
  db.prepare<[], string>('SELECT name FROM categories ORDER BY id').pluck().all() as string[];

export const accountNames = (db: SpendingDatabase): string[] =>
  db.prepare<[], string>('SELECT name FROM accounts ORDER BY id').pluck().all() as string[];
