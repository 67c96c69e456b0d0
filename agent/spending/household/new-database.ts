import { UsageError } from '@spendwise/sandbox/errors';
import { createSchema, isEmpty, openForWriting } from '../database.ts';
import { DatabaseUnusable, explained } from '../database-unusable.ts';
import type { PeriodKind } from '../periods.ts';
import { typedAmount } from './amount.ts';
import { type BudgetWish, setBudget } from './budgets.ts';
import { addCategory, type Category, categories } from './categories.ts';
import { folded, newName } from './names.ts';

/** What a household starts with. */
export interface Household {
  /** ISO 4217. */
  readonly currency: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Of expenses. Those of the budgets and one for income are added. */
  readonly categories: readonly string[];
  readonly budgets: readonly BudgetWish[];
}

export const FIRST_CATEGORIES: readonly string[] = [
  'Groceries',
  'Eating out',
  'Home',
  'Transport',
  'Health',
  'Shopping',
  'Leisure',
];

/** Creates the database, all or nothing, and never over data. Throws DatabaseUnusable or UsageError. */
export function createDatabase(path: string, household: Household): { categories: number; budgets: number } {
  const db = openForWriting(path);
  try {
    return explained(path, () =>
      db
        .transaction(() => {
          if (!isEmpty(db))
            throw new DatabaseUnusable(
              `${path} holds data`,
              'set SPENDWISE_DB to a new path, or move this file away',
            );
          createSchema(db);
          const setting = db.prepare('INSERT INTO settings (name, value) VALUES (?, ?)');
          setting.run('time_zone', household.timeZone);
          setting.run('currency', household.currency);
          const need = (name: string, kind: Category['kind']) =>
            categories(db).find((one) => folded(one.name) === folded(name)) ?? addCategory(db, name, kind);
          for (const name of household.categories) need(name, 'expense');
          need('Income', 'income');
          for (const wish of household.budgets) {
            const { name } = need(wish.category, 'expense');
            setBudget(db, { ...wish, category: name });
          }
          return { categories: categories(db).length, budgets: household.budgets.length };
        })
        .exclusive(),
    );
  } finally {
    db.close();
  }
}

/**
 * "Groceries=600/month", "Eating out=50/week"; without a period, of a month. `others`: those that the household has already.
 * Throws UsageError.
 */
export function typedBudget(text: string, currency: string, others: readonly BudgetWish[]): BudgetWish {
  const [, name = '', amount = '', period = 'month'] =
    /^(.+)=([^=/]+)(?:\/ ?(week|month|year))?$/.exec(text.trim()) ?? [];
  if (amount === '')
    throw new UsageError(
      `"${text.slice(0, 80)}" is not a budget`,
      'write CATEGORY=AMOUNT/PERIOD, such as "Groceries=600/month"; a period is week, month or year',
    );
  if (typedAmount(amount, currency).sign === '-')
    throw new UsageError('a budget cannot be below 0', 'give an amount without a sign');
  const category = newName(name, [], 'category');
  if (others.some((one) => folded(one.category) === folded(category) && one.period === period))
    throw new UsageError(`"${category}" has two budgets a ${period}`, 'give it one');
  return { category, amount, period: period as PeriodKind };
}
