import { createSchema, isEmpty, openForWriting, type SpendingDatabase } from '../database.ts';
import { DatabaseUnusable, explained } from '../database-unusable.ts';
import { seedDigest, tablesOf } from './digest.ts';
import { CATEGORIES, CURRENCY, type Scenario } from './scenario.ts';

export interface SeedCounts {
  readonly categories: number;
  readonly budgets: number;
  readonly transactions: number;
}

/**
 * Writes a scenario into a new database or over an earlier seed, all or nothing. Data that the seed did not write is
 * never overwritten. Throws DatabaseUnusable.
 */
export function writeSeed(path: string, scenario: Scenario, timeZone: string): SeedCounts {
  const db = openForWriting(path);
  // Enforced, they would ask for an order in which to drop the tables.
  db.pragma('foreign_keys = OFF');
  try {
    return explained(path, () =>
      db
        .transaction(() => {
          if (!isEmpty(db)) {
            assertOnlySeeded(db, path);
            for (const table of tablesOf(db)) db.exec(`DROP TABLE ${table}`);
          }
          createSchema(db);
          return insert(db, scenario, timeZone);
        })
        // Check and write must see the same database.
        .exclusive(),
    );
  } finally {
    db.close();
  }
}

function assertOnlySeeded(db: SpendingDatabase, path: string): void {
  if (!seedDigest.matches(db)) {
    throw new DatabaseUnusable(
      `${path} holds your own data, which seeding would overwrite`,
      'set SPENDWISE_DB to a new path, such as SPENDWISE_DB=demo.db, or move this file away',
    );
  }
}

function insert(db: SpendingDatabase, scenario: Scenario, timeZone: string): SeedCounts {
  const setting = db.prepare('INSERT INTO settings (name, value) VALUES (?, ?)');
  setting.run('time_zone', timeZone);
  setting.run('currency', CURRENCY);
  const category = db.prepare('INSERT INTO categories (name, kind) VALUES (?, ?)');
  const ids = new Map<string, number | bigint>();
  for (const [name, kind] of Object.entries(CATEGORIES))
    ids.set(name, category.run(name, kind).lastInsertRowid);
  const budget = db.prepare(
    'INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES (?, ?, ?, ?)',
  );
  for (const b of scenario.budgets) budget.run(ids.get(b.category), b.period, b.limitMinor, CURRENCY);
  const transaction = db.prepare(
    `INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, description, transfer, pending)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const t of scenario.transactions) {
    const flags = [t.transfer ? 1 : 0, t.pending ? 1 : 0];
    transaction.run(
      t.date,
      t.amountMinor,
      CURRENCY,
      ids.get(t.category),
      t.merchant,
      t.description,
      ...flags,
    );
  }
  seedDigest.write(db);
  return {
    categories: ids.size,
    budgets: scenario.budgets.length,
    transactions: scenario.transactions.length,
  };
}
