import type Database from 'better-sqlite3';
import { readDatabase } from '../../spending/database.ts';

/** As in schema.sql. */
const ONE_ALERT = `CREATE UNIQUE INDEX one_alert
  ON intents (database, budget_id, category_id, limit_minor, currency, period, period_start, threshold)
  WHERE kind = 'alert' AND state <> 'failed'`;

/**
 * Version 1 knew a budget by its category name. Each row gets the id of its budget, so that renaming sends nothing
 * again. If no budget can be found, the row keeps only the name and matches by it.
 */
export function upgradeFromNames(ledger: Database.Database): void {
  ledger.exec(`DROP INDEX one_alert;
    ALTER TABLE intents ADD COLUMN budget_id INTEGER;
    ALTER TABLE intents ADD COLUMN category_id INTEGER;
    ${ONE_ALERT}`);
  const sql = `SELECT DISTINCT database, category, currency, period, limit_minor AS limitMinor
               FROM intents WHERE kind = 'alert'`;
  const earlier = ledger.prepare(sql).all() as Earlier[];
  const assign = ledger.prepare(
    `UPDATE OR IGNORE intents SET budget_id = @budgetId, category_id = @categoryId
     WHERE kind = 'alert' AND database = @database AND category = @category AND currency = @currency
       AND period = @period AND limit_minor = @limitMinor`,
  );
  for (const database of new Set(earlier.map((row) => row.database))) {
    const rows = earlier.filter((row) => row.database === database);
    const budgets = budgetsOf(database);
    for (const row of rows) {
      const budget = budgetOf(row, rows, budgets);
      if (budget !== undefined)
        assign.run({ ...row, budgetId: budget.budgetId, categoryId: budget.categoryId });
    }
  }
}

interface Named {
  readonly category: string;
  readonly currency: string;
  readonly period: string;
  readonly limitMinor: number;
}
type Earlier = Named & { readonly database: string };
type Budget = Named & { readonly budgetId: number; readonly categoryId: number };

/**
 * Finds the budget by name and limit. Otherwise the category was renamed or the limit changed: takes the only budget
 * with this limit if no other alert belongs to it, else the budget with this name.
 */
function budgetOf(row: Named, rows: readonly Named[], budgets: readonly Budget[]): Budget | undefined {
  const fitting = budgets.filter(
    ({ currency, period }) => currency === row.currency && period === row.period,
  );
  const named = fitting.find(({ category }) => category === row.category);
  if (named?.limitMinor === row.limitMinor) return named;
  const [one, ...others] = fitting.filter(({ limitMinor }) => limitMinor === row.limitMinor);
  const spokenFor = rows.some(
    (other) =>
      other.category === one?.category &&
      other.limitMinor === row.limitMinor &&
      other.currency === row.currency &&
      other.period === row.period,
  );
  return one !== undefined && others.length === 0 && !spokenFor ? one : named;
}

function budgetsOf(database: string): Budget[] {
  const sql = `SELECT b.id AS budgetId, b.category_id AS categoryId, c.name AS category, b.currency, b.period,
                 b.limit_minor AS limitMinor
               FROM budgets b JOIN categories c ON c.id = b.category_id`;
  try {
    return readDatabase(database, (db) => db.prepare(sql).all() as Budget[]);
  } catch {
    // The database is moved or gone: the names stay.
    return [];
  }
}
