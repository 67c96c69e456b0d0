import type { SpendingDatabase } from '../database.ts';
import type { Choice } from './choose-category.ts';
import { contentOf, type Stated, type Statement } from './content.ts';

/** A transaction that is known, as far as an import needs it. */
export type KnownRow = [
  id: number,
  importId: number | null,
  bankId: string | null,
  content: string | null,
  pending: 0 | 1,
  occurrence: number,
];

/** A subscription of the next month, with the id again, is no correction of this month's. */
const CORRECTED_WITHIN_DAYS = 10;

export const COLUMNS =
  'date, amount_minor, currency, merchant, description, pending, account_id, bank_id, content, occurrence';
const VALUES = COLUMNS.replace(/\w+/g, '?');
const ROW = 'id, import_id, bank_id, content, pending, occurrence';

const valuesOf = (said: Statement, occurrence: number) => [
  said.date,
  said.amountMinor,
  said.currency,
  said.merchant,
  said.description,
  said.pending ? 1 : 0,
  said.accountId,
  said.bankId ?? null,
  said.content,
  occurrence,
];

/**
 * What files said about transactions. A row shows one statement, that of its import; the others are its sightings. So an
 * import can be undone whatever came after it: the row then shows another statement, or is gone.
 */
export class Statements {
  readonly #db: SpendingDatabase;
  readonly #import: number;
  readonly #add;
  readonly #withBankId;
  readonly #withContent;
  readonly #see;
  readonly #ofDay;

  constructor(db: SpendingDatabase, importId: number) {
    this.#db = db;
    this.#import = importId;
    this.#add = db.prepare(
      `INSERT INTO transactions (${COLUMNS}, category_id, category_by, transfer, import_id)
       VALUES (${VALUES}, ?, ?, ?, ?)`,
    );
    this.#withBankId = db
      .prepare<[number, string], KnownRow>(
        `SELECT ${ROW} FROM transactions WHERE account_id = ? AND bank_id = ?`,
      )
      .raw();
    this.#withContent = db
      .prepare<[number, string, number], KnownRow>(
        `SELECT ${ROW} FROM transactions WHERE account_id = ? AND content = ? AND occurrence >= ?
         ORDER BY occurrence LIMIT 1`,
      )
      .raw();
    this.#ofDay = db
      .prepare<{ accountId: number; from: string; to: string }, 0 | 1>(
        `SELECT ${['transactions', 'sightings', 'removed']
          .map(
            (name) =>
              `EXISTS (SELECT 1 FROM ${name} WHERE account_id = @accountId AND content >= @from AND content < @to)`,
          )
          .join(' OR ')}`,
      )
      .pluck();
    this.#see = db.prepare<[number, number]>(
      'INSERT OR IGNORE INTO sightings (transaction_id, import_id) VALUES (?, ?)',
    );
  }

  add(said: Statement, occurrence: number, { categoryId, by, transfer }: Choice): void {
    this.#add.run(valuesOf(said, occurrence), categoryId, by, transfer ? 1 : 0, this.#import);
  }

  withBankId(accountId: number, bankId: string): KnownRow | undefined {
    return this.#withBankId.get(accountId, bankId);
  }

  /** The first with at least this occurrence. */
  withContent({ accountId, content }: Statement, occurrence: number): KnownRow | undefined {
    return this.#withContent.get(accountId, content, occurrence);
  }

  /** Whether any import had this day: contents begin with it. */
  hasDay(accountId: number, date: string): boolean {
    return this.#ofDay.get({ accountId, from: date, to: `${date}~` }) === 1;
  }

  /** This import's file has it too. False if it had it before, in the same file. */
  see(id: number, importId: number | null): boolean {
    return importId !== this.#import && this.#see.run(id, this.#import).changes === 1;
  }

  /** Whether a row without a bank id says the same, and this import's file has not had it yet. */
  hasUnclaimed({ accountId, content }: Statement): boolean {
    return (
      this.#db
        .prepare(
          `SELECT 1 FROM transactions t WHERE account_id = ? AND content = ? AND bank_id IS NULL AND import_id IS NOT ?
           AND NOT EXISTS (SELECT 1 FROM sightings WHERE transaction_id = t.id AND import_id = ?)`,
        )
        .get(accountId, content, this.#import, this.#import) !== undefined
    );
  }

  /**
   * Whether a correction can have made one of the other: nearly the same day, and the amount or the texts stay. Unknown for
   * what the user edited.
   */
  resembles(id: number, { date, amountMinor, merchant, description }: Statement): boolean {
    const alike = this.#db
      .prepare(
        `SELECT 1 FROM transactions WHERE id = ? AND abs(julianday(date) - julianday(?)) <= ${CORRECTED_WITHIN_DAYS}
         AND (amount_minor = ? OR (merchant = ? AND description = ? AND merchant || description <> ''))`,
      )
      .get(id, date, amountMinor, merchant, description);
    return alike !== undefined || isEdited(this.#db, id);
  }

  /** An occurrence that no row has, and no sighting. */
  freeOccurrence({ accountId, content }: Statement): number {
    const { most } = this.#db
      .prepare<{ accountId: number; content: string }, { most: number }>(
        `SELECT max(coalesce((SELECT max(occurrence) FROM transactions WHERE account_id = @accountId AND content = @content), 0),
           coalesce((SELECT max(occurrence) FROM sightings WHERE account_id = @accountId AND content = @content), 0),
           coalesce((SELECT max(occurrence) FROM removed WHERE account_id = @accountId AND content = @content), 0)) AS most`,
      )
      .get({ accountId, content }) ?? { most: 0 };
    return most + 1;
  }

  /** This import's file has it too, and says something else: not what the row shows, because something better is known. */
  seeAs(id: number, said: Statement, occurrence: number): void {
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO sightings (transaction_id, import_id, ${COLUMNS}) VALUES (?, ?, ${VALUES})`,
      )
      .run([id, this.#import, ...valuesOf(said, occurrence)]);
  }

  /**
   * A row that this import's file says, and that was taken for another of its rows, which a file before had as this one:
   * gives back the other. Undefined if it was not.
   */
  displace(id: number): Statement | undefined {
    const other = this.#db
      .prepare<[number, number], Stated & { pending: 0 | 1; accountId: number; content: string }>(
        `SELECT date, amount_minor AS amountMinor, currency, merchant, description, pending, account_id AS accountId,
           content FROM sightings WHERE transaction_id = ? AND import_id = ? AND content IS NOT NULL`,
      )
      .get(id, this.#import);
    if (other === undefined) return undefined;
    this.#db
      .prepare(
        `UPDATE sightings SET (${COLUMNS}) = (${COLUMNS.replace(/\w+/g, 'NULL')})
         WHERE transaction_id = ? AND import_id = ?`,
      )
      .run(id, this.#import);
    return {
      ...other,
      pending: other.pending === 1,
      bankId: undefined,
      transfer: false,
      category: undefined,
    };
  }

  /** The row shows from now on what this import's file says. What the user edited stays. */
  restate(id: number, said: Statement, occurrence: number): void {
    this.#keepWhatItShows(id);
    const edited = isEdited(this.#db, id);
    const columns = edited ? 'pending, bank_id, content, occurrence' : COLUMNS;
    const values = edited
      ? [said.pending ? 1 : 0, said.bankId ?? null, said.content, occurrence]
      : valuesOf(said, occurrence);
    this.#db
      .prepare(`UPDATE transactions SET ${columns.replace(/\w+/g, '$& = ?')}, import_id = ? WHERE id = ?`)
      .run([...values, this.#import, id]);
  }

  #keepWhatItShows(id: number): void {
    const run = (sql: string) => this.#db.prepare(sql).run({ id, own: this.#import });
    run('DELETE FROM sightings WHERE transaction_id = @id AND import_id = @own');
    run(
      `UPDATE sightings SET (${COLUMNS}) = (SELECT ${COLUMNS} FROM transactions WHERE id = @id)
       WHERE transaction_id = @id AND content IS NULL AND @own`,
    );
    run(
      `INSERT INTO sightings (transaction_id, import_id, ${COLUMNS})
       SELECT id, import_id, ${COLUMNS} FROM transactions WHERE id = @id AND import_id <> @own`,
    );
  }

  /** Whether a file said this about it once. */
  wasSaid(id: number, content: string): boolean {
    return (
      this.#db
        .prepare('SELECT 1 FROM sightings WHERE transaction_id = ? AND content = ?')
        .get(id, content) !== undefined
    );
  }
}

type EditableRow = Stated & { readonly content: string | null };

/** Whether the user changed more than its category. True if it was written by hand. */
export function isEdited(db: SpendingDatabase, id: number): boolean {
  const row = db
    .prepare<[number], EditableRow>(
      `SELECT date, amount_minor AS amountMinor, currency, merchant, description, content
       FROM transactions WHERE id = ?`,
    )
    .get(id);
  return row === undefined || row.content === null || contentOf(row) !== row.content;
}
