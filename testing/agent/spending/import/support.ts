import Database from 'better-sqlite3';
import { createSchema, type SpendingDatabase } from '../../../../agent/spending/database.ts';
import { type Imported, OpenImport } from '../../../../agent/spending/import/open-import.ts';
import type { StatementEntry } from '../../../../agent/spending/import/statement.ts';

/** Without a file: the import of entries is about rows. */
export function memoryDatabase(): SpendingDatabase {
  const db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  createSchema(db);
  return db;
}

export type Said = Partial<StatementEntry>;

export const entry = (said: Said = {}): StatementEntry => ({
  line: 1,
  date: '2026-11-20',
  amountMinor: -450,
  currency: 'CHF',
  merchant: 'Cafe Luna',
  description: 'Coffee',
  pending: false,
  transfer: false,
  ...said,
});

export function importOf(
  db: SpendingDatabase,
  entries: readonly Said[],
  account?: string,
  format = 'csv',
): Imported {
  return db
    .transaction(() => {
      const opened = new OpenImport(db, { file: 'f.csv', format, account, currency: 'CHF' });
      for (const said of entries) {
        const reason = opened.write(entry(said));
        if (reason !== undefined) throw new Error(reason);
      }
      return opened.finish();
    })
    .immediate();
}

/** All that an export has, in an order of its own. */
export const exported = (db: SpendingDatabase): string =>
  (
    db
      .prepare(
        `SELECT date, amount_minor, currency, c.name, a.name, merchant, description, pending, transfer
         FROM transactions t JOIN categories c ON c.id = category_id JOIN accounts a ON a.id = account_id`,
      )
      .raw()
      .all() as unknown[][]
  )
    .map((row) => JSON.stringify(row))
    .sort()
    .join('\n');

/** Minor units as whole numbers of any size. */
export const totalOf = (db: SpendingDatabase): bigint =>
  (db.prepare('SELECT amount_minor FROM transactions').safeIntegers().pluck().all() as bigint[]).reduce(
    (sum, minor) => sum + minor,
    0n,
  );
