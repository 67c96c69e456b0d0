import type { SpendingDatabase } from '../database.ts';

/** Removes a transaction so that no import adds it again, unless it was pending and is now booked. Call in a transaction. */
export function removeForGood(db: SpendingDatabase, id: number): void {
  const identity = 'account_id, bank_id, content, occurrence, pending';
  db.prepare(
    `INSERT INTO removed (${identity})
     SELECT ${identity} FROM transactions WHERE id = @id AND content IS NOT NULL
     UNION ALL SELECT ${identity} FROM sightings WHERE transaction_id = @id AND content IS NOT NULL
     ON CONFLICT DO UPDATE SET pending = min(pending, excluded.pending)`,
  ).run({ id });
  db.prepare('DELETE FROM transactions WHERE id = ?').run(id);
}
