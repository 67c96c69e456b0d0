import type Database from 'better-sqlite3';
import type { SpendingDatabase } from '../database.ts';
import type { Choice } from './choose-category.ts';
import type { Statement } from './content.ts';
import type { Statements } from './statements.ts';

/** Rows in one statement: most of the time of an insert is what JavaScript and SQLite have to say to each other. */
const ROWS = 100;
const VALUES = 8;
/** Longer days are looked up row by row, rather than kept. */
const MAX_DAY = 50_000;

/** Rows that are new for certain, because nothing is known of their day yet. */
export class NewRows {
  readonly #db: SpendingDatabase;
  readonly #import: number;
  readonly #statements: Statements;
  readonly #begun = new Set<string>();
  #date = '';
  #account = 0;
  /** How often the file had each content on this day. Undefined if the day is not new. */
  #counts: Map<string, number> | undefined;
  #batch: (string | number)[] = [];
  #batchAccount = 0;
  #insert:
    | { readonly rows: number; readonly accountId: number; readonly statement: Database.Statement }
    | undefined;

  constructor(db: SpendingDatabase, importId: number, statements: Statements) {
    this.#db = db;
    this.#import = importId;
    this.#statements = statements;
  }

  /** False if it may be known: then it must be looked up. */
  add(said: Statement, choose: (said: Statement) => Choice): boolean {
    if (said.date !== this.#date || said.accountId !== this.#account) this.#begin(said);
    if (said.bankId !== undefined || (this.#counts?.size ?? 0) > MAX_DAY) this.#counts = undefined;
    if (this.#counts === undefined) {
      this.flush();
      return false;
    }
    const occurrence = (this.#counts.get(said.content) ?? 0) + 1;
    this.#counts.set(said.content, occurrence);
    this.#write(said, occurrence, choose(said));
    return true;
  }

  /** What is held back is written: before anything is looked up. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.#statementOf(this.#batch.length / VALUES, this.#batchAccount).run(this.#batch);
    this.#batch = [];
  }

  #begin({ accountId, date }: Statement): void {
    this.#date = date;
    this.#account = accountId;
    const day = `${accountId} ${date}`;
    const isNew = !this.#begun.has(day) && !this.#statements.hasDay(accountId, date);
    this.#begun.add(day);
    this.#counts = isNew ? new Map() : undefined;
  }

  #write(said: Statement, occurrence: number, choice: Choice): void {
    if (said.pending || choice.transfer || occurrence > 1) {
      this.flush();
      this.#statements.add(said, occurrence, choice);
      return;
    }
    if (said.accountId !== this.#batchAccount) this.flush();
    this.#batchAccount = said.accountId;
    const { date, amountMinor, currency, merchant, description, content } = said;
    this.#batch.push(
      date,
      amountMinor,
      currency,
      merchant,
      description,
      content,
      choice.categoryId,
      choice.by,
    );
    if (this.#batch.length < ROWS * VALUES) return;
    this.flush();
  }

  #statementOf(rows: number, accountId: number): Database.Statement {
    if (rows === this.#insert?.rows && accountId === this.#insert.accountId) return this.#insert.statement;
    const row = `(?, ?, ?, ?, ?, ?, ?, ?, ${accountId}, ${this.#import}, 1)`;
    const statement = this.#db.prepare(
      `INSERT INTO transactions (date, amount_minor, currency, merchant, description, content, category_id, category_by,
         account_id, import_id, occurrence) VALUES ${Array(rows).fill(row).join(', ')}`,
    );
    this.#insert = { rows, accountId, statement };
    return statement;
  }
}
