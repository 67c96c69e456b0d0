import type { SpendingDatabase } from '../database.ts';
import type { Statement } from './content.ts';

export interface Former {
  readonly occurrence: number;
  readonly bankId: string | null;
  /** The transaction that it has become. Null if the user removed it. */
  readonly id: number | null;
  readonly importId: number | null;
}

interface Question {
  readonly accountId: number;
  readonly content: string;
  readonly occurrence: number;
  readonly pending: number;
}

/** Identities that no row has any more: the user removed it, or it shows what another file says. */
export class FormerIdentities {
  readonly #withContent;
  readonly #withBankId;

  /** Undefined if there are none, as in most databases: an import then does without a million questions. */
  static of(db: SpendingDatabase): FormerIdentities | undefined {
    const some = db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM removed) OR EXISTS (SELECT 1 FROM sightings WHERE content IS NOT NULL)`,
      )
      .pluck()
      .get();
    return some === 1 ? new FormerIdentities(db) : undefined;
  }

  private constructor(db: SpendingDatabase) {
    this.#withContent = db.prepare<Question, Former>(
      `SELECT s.occurrence, s.bank_id AS bankId, s.transaction_id AS id, t.import_id AS importId
       FROM sightings s JOIN transactions t ON t.id = s.transaction_id
       WHERE s.account_id = @accountId AND s.content = @content AND s.occurrence >= @occurrence
       UNION ALL SELECT occurrence, bank_id, NULL, NULL FROM removed
       WHERE account_id = @accountId AND content = @content AND occurrence >= @occurrence
         AND (pending = 0 OR @pending)
       ORDER BY 1 LIMIT 1`,
    );
    this.#withBankId = db.prepare<[number, string, number]>(
      'SELECT 1 FROM removed WHERE account_id = ? AND bank_id = ? AND (pending = 0 OR ?)',
    );
  }

  /** The first with at least this occurrence. */
  withContent({ accountId, content, pending }: Statement, occurrence: number): Former | undefined {
    return this.#withContent.get({ accountId, content, occurrence, pending: Number(pending) });
  }

  isRemoved({ accountId, bankId, pending }: Statement): boolean {
    return bankId !== undefined && this.#withBankId.get(accountId, bankId, Number(pending)) !== undefined;
  }
}
