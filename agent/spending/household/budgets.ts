import { UsageError } from '@spendwise/sandbox/errors';
import { readSetting, type SpendingDatabase } from '../database.ts';
import type { PeriodKind } from '../periods.ts';
import { typedAmount, typedCurrency } from './amount.ts';
import { categoryNamed } from './categories.ts';

export interface Budget {
  readonly id: number;
  readonly category: string;
  readonly period: PeriodKind;
  readonly limitMinor: number;
  readonly currency: string;
}

export const budgets = (db: SpendingDatabase): Budget[] =>
  db
    .prepare<[], Budget>(
      `SELECT b.id, c.name AS category, b.period, b.limit_minor AS limitMinor, b.currency
       FROM budgets b JOIN categories c ON c.id = b.category_id ORDER BY c.name, b.period, b.currency`,
    )
    .all();

/** What a person typed, else the household's currency, else that of its first budget. Throws UsageError. */
export function currencyOr(db: SpendingDatabase, typed: string | undefined): string {
  if (typed !== undefined) return typedCurrency(typed);
  const own =
    readSetting(db, 'currency') ??
    db.prepare<[], string>('SELECT currency FROM budgets ORDER BY id LIMIT 1').pluck().get();
  if (own === undefined) throw new UsageError('the currency is missing', 'give it, such as --currency CHF');
  return own;
}

export interface BudgetWish {
  readonly category: string;
  readonly amount: string;
  readonly period: PeriodKind;
  readonly currency?: string | undefined;
}

/** Makes a budget, or changes the limit of the one there is. It stays the same budget for alerts that went out. */
export function setBudget(
  db: SpendingDatabase,
  wish: BudgetWish,
): { now: Budget; beforeMinor: number | undefined } {
  const category = categoryNamed(db, wish.category);
  if (category.kind === 'income')
    throw new UsageError(`"${category.name}" is income`, 'a budget limits a category of expenses');
  const currency = currencyOr(db, wish.currency);
  const { minor, sign } = typedAmount(wish.amount, currency);
  if (sign === '-') throw new UsageError('a budget cannot be below 0', 'give an amount without a sign');
  const same = (one: Budget) =>
    one.category === category.name && one.period === wish.period && one.currency === currency;
  const beforeMinor = budgets(db).find(same)?.limitMinor;
  db.prepare(
    `INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES (?, ?, ?, ?)
     ON CONFLICT (category_id, period, currency) DO UPDATE SET limit_minor = excluded.limit_minor`,
  ).run(category.id, wish.period, minor, currency);
  return { now: budgets(db).find(same) as Budget, beforeMinor };
}

/** Throws UsageError if several fit. */
export function removeBudget(
  db: SpendingDatabase,
  { category: name, period, currency }: { category: string; period?: PeriodKind; currency?: string },
): Budget {
  const { name: category } = categoryNamed(db, name);
  const code = currency === undefined ? undefined : typedCurrency(currency);
  const fitting = budgets(db).filter(
    (one) =>
      one.category === category &&
      (period === undefined || one.period === period) &&
      (code === undefined || one.currency === code),
  );
  const [budget, another] = fitting;
  if (budget === undefined)
    throw new UsageError(`"${category}" has no such budget`, '`spendwise budgets list` shows what there is');
  if (another !== undefined)
    throw new UsageError(
      `"${category}" has ${fitting.length} budgets: ${fitting.map((one) => `${one.currency} a ${one.period}`).join(', ')}`,
      'say which with --period and --currency',
    );
  db.prepare('DELETE FROM budgets WHERE id = ?').run(budget.id);
  return budget;
}
