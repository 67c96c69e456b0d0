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
            if (setBudget(db, { ...wish, category: name }).beforeMinor !== undefined)
              throw new UsageError(`"${name}" has two budgets a ${wish.period}`, 'give it one');
          }
          return { categories: categories(db).length, budgets: household.budgets.length };
        })
        .exclusive(),
    );
  } finally {
    db.close();
  }
}

/** "Groceries=600/month", "Eating out=50/week"; without a period, of a month. Throws UsageError. */
export function typedBudget(text: string, currency: string): BudgetWish {
  const [, category = '', amount = '', period = 'month'] =
    /^(.+)=([^=/]+)(?:\/ ?(week|month|year))?$/.exec(text.trim()) ?? [];
  if (amount === '')
    throw new UsageError(
      `"${text.slice(0, 80)}" is not a budget`,
      'write CATEGORY=AMOUNT/PERIOD, such as "Groceries=600/month"; a period is week, month or year',
    );
  typedAmount(amount, currency);
  return { category: newName(category, [], 'category'), amount, period: period as PeriodKind };
}
