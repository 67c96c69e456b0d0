import type { SpendingDatabase } from '../database.ts';
import { mergeInto } from './merge.ts';

export interface Side {
  readonly id: number;
  readonly date: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly merchant: string;
  readonly description: string;
  readonly pending: 0 | 1;
  /** Where it comes from. Null if it was written by hand. */
  readonly file: string | null;
}

export interface Suspicion {
  readonly account: string;
  readonly fresh: Side;
  /** The one that it probably is. */
  readonly known: Side;
}

const side = (
  name: string,
) => `json_object('id', ${name}.id, 'date', ${name}.date, 'amountMinor', ${name}.amount_minor,
  'currency', ${name}.currency, 'merchant', ${name}.merchant, 'description', ${name}.description,
  'pending', ${name}.pending, 'file', (SELECT file FROM imports WHERE id = ${name}.import_id))`;

/** Oldest first. */
export function suspicions(db: SpendingDatabase): Suspicion[] {
  return db
    .prepare<[], { account: string; fresh: string; known: string }>(
      `SELECT a.name AS account, ${side('fresh')} AS fresh, ${side('known')} AS known
       FROM transactions fresh JOIN transactions known ON known.id = fresh.suspect_of
       JOIN accounts a ON a.id = fresh.account_id
       WHERE fresh.suspect_of IS NOT NULL ORDER BY fresh.date, fresh.id`,
    )
    .all()
    .map(({ account, fresh, known }) => ({ account, fresh: JSON.parse(fresh), known: JSON.parse(known) }));
}

/** What the user says of one. Call in a transaction. */
export function settleSuspicion(db: SpendingDatabase, { fresh, known }: Suspicion, same: boolean): void {
  if (same) mergeInto(db, known.id, fresh.id, known.pending === 1 && fresh.pending === 0);
  else db.prepare('UPDATE transactions SET suspect_of = NULL WHERE id = ?').run(fresh.id);
}

export type Gone = Side & { readonly account: string };

/** Pending ones that a later file, which covers their day and a week more, does not have. */
export function gonePending(db: SpendingDatabase): Gone[] {
  return db
    .prepare<[], { account: string; own: string }>(
      `SELECT a.name AS account, ${side('t')} AS own
       FROM transactions t JOIN accounts a ON a.id = t.account_id
       WHERE t.pending = 1 AND EXISTS (
         SELECT 1 FROM imports i
         WHERE i.id > max(t.import_id, coalesce((SELECT max(import_id) FROM sightings WHERE transaction_id = t.id), 0))
           AND i.account_id = t.account_id AND i.date_from <= t.date AND i.date_to >= date(t.date, '+7 days'))
       ORDER BY t.date, t.id`,
    )
    .all()
    .map(({ account, own }) => ({ account, ...JSON.parse(own) }));
}
