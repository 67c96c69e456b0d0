import { UsageError } from '@spendwise/sandbox/errors';
import type { SpendingDatabase } from '../database.ts';
import { contentOf, type Stated } from './content.ts';
import { COLUMNS } from './statements.ts';

export interface PastImport {
  readonly id: number;
  readonly importedAt: string;
  readonly file: string;
  readonly format: string;
  readonly from: string | null;
  readonly to: string | null;
  /** How many transactions were new. */
  readonly added: number;
}

/** Newest first. */
export const imports = (db: SpendingDatabase): PastImport[] =>
  db
    .prepare<[], PastImport>(
      `SELECT id, imported_at AS importedAt, file, format, date_from AS "from", date_to AS "to", added
       FROM imports ORDER BY id DESC`,
    )
    .all();

export interface Undone {
  readonly file: string;
  readonly removed: number;
  /** They show again what an earlier file said. */
  readonly restored: number;
  /** Another import has them, too, and says the same. */
  readonly kept: number;
}

/**
 * Takes back all that an import did, whatever came after it: the rest is as if it had never been. Rows that the user edited
 * since refuse that, unless `edited`. Throws UsageError. Call in a transaction.
 */
export function undoImport(db: SpendingDatabase, id: number, { edited }: { edited: boolean }): Undone {
  const past = imports(db).find((one) => one.id === id);
  if (past === undefined)
    throw new UsageError(`there is no import ${id}`, '`spendwise imports list` shows their numbers');
  const touched = edited ? 0 : editedSince(db, id);
  if (touched > 0)
    throw new UsageError(
      `you have edited ${touched} of the transactions that would go`,
      '--edited takes them back too, with your edits',
    );
  const count = (sql: string) => db.prepare(sql).run({ id }).changes;
  const kept = handOver(db, id);
  const restored = restore(db, id);
  const accounts = db
    .prepare<{ id: number }, number>('SELECT DISTINCT account_id FROM transactions WHERE import_id = @id')
    .pluck()
    .all({ id });
  const removed = count('DELETE FROM transactions WHERE import_id = @id');
  count('DELETE FROM sightings WHERE import_id = @id');
  count('DELETE FROM imports WHERE id = @id');
  removeEmpty(db, accounts as number[]);
  return { file: past.file, removed, restored, kept };
}

/** Rows that another import has in the same words belong to that one. */
function handOver(db: SpendingDatabase, id: number): number {
  const same = 'FROM sightings s WHERE s.transaction_id = t.id AND s.content IS NULL';
  const { changes } = db
    .prepare(
      `UPDATE transactions AS t SET import_id = (SELECT min(s.import_id) ${same})
       WHERE import_id = @id AND EXISTS (SELECT 1 ${same})`,
    )
    .run({ id });
  db.prepare(
    `DELETE FROM sightings WHERE content IS NULL
     AND import_id = (SELECT import_id FROM transactions WHERE id = transaction_id)`,
  ).run();
  return changes;
}

/** Rows of which other imports say something else show the best of it: booked rather than pending, then the latest. */
function restore(db: SpendingDatabase, id: number): number {
  const { changes } = db
    .prepare(
      `UPDATE transactions AS t SET (import_id, ${COLUMNS}) =
         (SELECT import_id, ${COLUMNS} FROM sightings WHERE transaction_id = t.id ORDER BY pending, import_id DESC LIMIT 1)
       WHERE import_id = @id AND EXISTS (SELECT 1 FROM sightings WHERE transaction_id = t.id)`,
    )
    .run({ id });
  db.prepare(
    `DELETE FROM sightings WHERE import_id = (SELECT import_id FROM transactions WHERE id = transaction_id)`,
  ).run();
  return changes;
}

type Shows = Stated & { readonly content: string; readonly categoryBy: string };

/** How many rows would go, or change, that the user edited. */
function editedSince(db: SpendingDatabase, id: number): number {
  let edited = 0;
  const rows = db
    .prepare<{ id: number }, Shows>(
      `SELECT date, amount_minor AS amountMinor, currency, merchant, description, content, category_by AS categoryBy
       FROM transactions t WHERE import_id = @id
       AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.transaction_id = t.id AND s.content IS NULL)`,
    )
    .iterate({ id });
  for (const row of rows) if (row.categoryBy === 'hand' || contentOf(row) !== row.content) edited += 1;
  return edited;
}

/** Accounts that the import made, and that are of no use without it. */
function removeEmpty(db: SpendingDatabase, accounts: readonly number[]): void {
  const used = ['transactions', 'removed', 'rules', 'imports'].map(
    (name) => `NOT EXISTS (SELECT 1 FROM ${name} WHERE account_id = @account)`,
  );
  const remove = db.prepare(`DELETE FROM accounts WHERE id = @account AND id <> 1 AND ${used.join(' AND ')}`);
  for (const account of accounts) remove.run({ account });
}
