import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { createSchema, type SpendingDatabase } from '../../agent/spending/database.ts';
import { addCategory } from '../../agent/spending/household/categories.ts';

/** A database in memory with three categories; gone when the test is over. */
export function spendingInMemory(): SpendingDatabase {
  const db = new Database(':memory:');
  onTestFinished(() => void db.close());
  db.pragma('foreign_keys = ON');
  createSchema(db);
  db.exec("INSERT INTO settings VALUES ('time_zone', 'Europe/Zurich'), ('currency', 'CHF')");
  for (const name of ['Food', 'Travel']) addCategory(db, name, 'expense');
  addCategory(db, 'Income', 'income');
  return db;
}
