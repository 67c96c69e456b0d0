import { Failed } from '@spendwise/sandbox/errors';
import { z } from 'zod';
import { parseThreshold } from '../thresholds.ts';
import type { Told } from './row.ts';
import type { LedgerStore } from './store.ts';
import type { BudgetPeriod } from './uniqueness.ts';

const Columns = z.object({
  database: z.string(),
  budget_id: z.number(),
  category_id: z.number(),
  limit_minor: z.number(),
  currency: z.string(),
  period: z.string(),
  period_start: z.string(),
  category: z.string().nullable(),
  threshold: z.string().nullable(),
  spent_minor: z.number().nullable(),
});

/** Remembers that a run saw these budgets in their periods. */
export function watch(store: LedgerStore, database: string, budgets: readonly BudgetPeriod[]): void {
  for (const budget of budgets)
    store.run(
      `INSERT OR IGNORE INTO watched (database, budget_id, category_id, limit_minor, currency, period, period_start)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...keyOf({ ...budget, database }),
    );
}

/** Budgets in periods that began on `since` (YYYY-MM-DD) or later, and that no summary tells. */
export const untold = (store: LedgerStore, database: string, since: string): BudgetPeriod[] =>
  store
    .read(
      'SELECT * FROM watched WHERE database = ? AND told_by IS NULL AND period_start >= ?',
      database,
      since,
    )
    .map(toldOf);

/** Called with the text's reservation: a budget and period that another text tells takes it back. */
export function tell(store: LedgerStore, id: number, told: readonly Told[]): void {
  for (const one of told) {
    const { changes } = store.run(
      `UPDATE watched SET told_by = ?, category = ?, threshold = ?, spent_minor = ?
       WHERE told_by IS NULL AND database = ? AND budget_id = ? AND category_id = ? AND limit_minor = ?
         AND currency = ? AND period = ? AND period_start = ?`,
      id,
      one.category,
      String(one.threshold),
      one.spentMinor,
      ...keyOf(one),
    );
    if (changes !== 1) throw new Failed('another summary tells this budget', 'see `spendwise alert history`');
  }
}

/** For a text that certainly was not sent. */
export const untell = (store: LedgerStore, id: number): void =>
  void store.run('UPDATE watched SET told_by = NULL WHERE told_by = ?', id);

/** What a summary says. Empty for any other text. */
export const toldBy = (store: LedgerStore, id: number): Told[] =>
  store.read('SELECT * FROM watched WHERE told_by = ?', id).map(toldOf);

const keyOf = (one: BudgetPeriod & { readonly database: string }) => [
  one.database,
  one.budgetId,
  one.categoryId,
  one.limitMinor,
  one.currency,
  one.period,
  one.periodStart,
];

function toldOf(raw: unknown): Told {
  const row = Columns.parse(raw);
  return {
    database: row.database,
    budgetId: row.budget_id,
    categoryId: row.category_id,
    limitMinor: row.limit_minor,
    currency: row.currency,
    period: row.period,
    periodStart: row.period_start,
    category: row.category ?? '',
    threshold: parseThreshold(row.threshold ?? '') ?? 'over',
    spentMinor: row.spent_minor ?? 0,
  };
}
