import type { SpendingDatabase } from '../database.ts';
import { named, newName } from './names.ts';

export interface Account {
  readonly id: number;
  readonly name: string;
  readonly number: string | null;
  readonly transactions: number;
}

export const accounts = (db: SpendingDatabase): Account[] =>
  db
    .prepare<[], Account>(
      `SELECT a.id, a.name, a.number, (SELECT count(*) FROM transactions WHERE account_id = a.id) AS transactions
       FROM accounts a ORDER BY a.id`,
    )
    .all();

export interface AccountName {
  readonly id: number;
  readonly name: string;
}

const accountNames = (db: SpendingDatabase): AccountName[] =>
  db.prepare<[], AccountName>('SELECT id, name FROM accounts ORDER BY id').all();

/** By its name, in any case; without a name, the first. Throws UsageError. */
export function accountNamed(db: SpendingDatabase, name: string | undefined): AccountName {
  const all = accountNames(db);
  return name === undefined && all[0] !== undefined ? all[0] : named(all, name ?? '', 'account');
}

export function addAccount(db: SpendingDatabase, text: string): AccountName {
  const name = newName(
    text,
    accountNames(db).map((one) => one.name),
    'account',
  );
  return { id: Number(db.prepare('INSERT INTO accounts (name) VALUES (?)').run(name).lastInsertRowid), name };
}

export function renameAccount(db: SpendingDatabase, old: string, text: string): { from: string; to: string } {
  const account = accountNamed(db, old);
  const others = accountNames(db).filter(({ id }) => id !== account.id);
  const to = newName(
    text,
    others.map(({ name }) => name),
    'account',
  );
  db.prepare('UPDATE accounts SET name = ? WHERE id = ?').run(to, account.id);
  return { from: account.name, to };
}
