import type { SpendingDatabase } from '../database.ts';
import type { Statement } from './content.ts';
import { COLUMNS, Statements } from './statements.ts';

type ImportedRow = Omit<Statement, 'pending' | 'bankId'> & {
  readonly pending: 0 | 1;
  readonly bankId: string | null;
  readonly occurrence: number;
  readonly importId: number;
};

/**
 * Two transactions become one, which keeps its number and category. `drop` was imported. `show`: the one that stays shows
 * from now on what the file of the other said. Call in a transaction.
 */
export function mergeInto(db: SpendingDatabase, keep: number, drop: number, show: boolean): void {
  const row = db
    .prepare<[number], ImportedRow>(
      `SELECT date, amount_minor AS amountMinor, currency, merchant, description, pending, account_id AS accountId,
         bank_id AS bankId, content, occurrence, import_id AS importId
       FROM transactions WHERE id = ?`,
    )
    .get(drop);
  if (row === undefined) return;
  const own = COLUMNS.replace(/\w+/g, 'coalesce(s.$&, t.$&)');
  db.prepare(
    `INSERT OR IGNORE INTO sightings (transaction_id, import_id, ${COLUMNS})
     SELECT @keep, s.import_id, ${own} FROM sightings s JOIN transactions t ON t.id = s.transaction_id
     WHERE t.id = @drop AND s.import_id IS NOT (SELECT import_id FROM transactions WHERE id = @keep)`,
  ).run({ keep, drop });
  db.prepare('DELETE FROM transactions WHERE id = ?').run(drop);
  const said: Statement = { ...row, pending: row.pending === 1, bankId: row.bankId ?? undefined };
  const statements = new Statements(db, row.importId);
  if (show) statements.restate(keep, said, row.occurrence);
  else {
    statements.seeAs(keep, said, row.occurrence);
    db.prepare('UPDATE transactions SET bank_id = coalesce(bank_id, ?) WHERE id = ?').run(row.bankId, keep);
  }
}
