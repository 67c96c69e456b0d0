import Database from 'better-sqlite3';
import type { SpendingDatabase } from '../database.ts';
import type { Choice } from './choose-category.ts';
import type { Statement } from './content.ts';
import type { Statements } from './statements.ts';

/** Rows in one statement: most of the time of an insert is what JavaScript and SQLite have to say to each other. */
export const BATCH = 100;

/** Rows of days of which nothing was known. They are new, unless the file has the same one twice. */
export class NewRows {
  readonly #db: SpendingDatabase;
  readonly #import: number;
  readonly #statements: Statements;
  readonly #begun = new Set<string>();
  #date = '';
  #account = 0;
  #isNewDay = false;
  #batch: Statement[] = [];
  #values: (string | number)[] = [];
  #insert: { readonly rows: number; readonly statement: Database.Statement } | undefined;

  constructor(db: SpendingDatabase, importId: number, statements: Statements) {
    this.#db = db;
    this.#import = importId;
    this.#statements = statements;
  }

  isOfNewDay({ accountId, date }: Statement): boolean {
    if (date !== this.#date || accountId !== this.#account) {
      this.#date = date;
      this.#account = accountId;
      const day = `${accountId} ${date}`;
      this.#isNewDay = !this.#begun.has(day) && !this.#statements.hasDay(accountId, date);
      this.#begun.add(day);
    }
    return this.#isNewDay;
  }

  /** Gives back how many wait. */
  add(said: Statement, { categoryId, by }: Choice): number {
    const { date, amountMinor, currency, merchant, description, content, accountId } = said;
    this.#values.push(date, amountMinor, currency, merchant, description, content, categoryId, by, accountId);
    return this.#batch.push(said);
  }

  /** Writes what waits. If the file had one of them before, it gives them all back: they must be looked up. */
  flush(): { readonly added: number; readonly again: readonly Statement[] } {
    const [batch, values] = [this.#batch, this.#values];
    if (batch.length === 0) return { added: 0, again: [] };
    [this.#batch, this.#values] = [[], []];
    try {
      this.#statementOf(batch.length).run(values);
      return { added: batch.length, again: [] };
    } catch (error) {
      if (error instanceof Database.SqliteError && error.code === 'SQLITE_CONSTRAINT_UNIQUE')
        return { added: 0, again: batch };
      throw error;
    }
  }

  #statementOf(rows: number): Database.Statement {
    if (this.#insert?.rows === rows) return this.#insert.statement;
    const row = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ${this.#import}, 1)`;
    const statement = this.#db.prepare(
      `INSERT INTO transactions (date, amount_minor, currency, merchant, description, content, category_id, category_by,
         account_id, import_id, occurrence) VALUES ${Array(rows).fill(row).join(', ')}`,
    );
    this.#insert = { rows, statement };
    return statement;
  }
}
