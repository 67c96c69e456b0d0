import type Database from 'better-sqlite3';
import { unusable } from './ledger-file.ts';
import { type IntentRow, rowOf } from './row.ts';

/** Reads and writes the ledger's file. Throws Failed. */
export class LedgerStore {
  readonly #db: Database.Database;
  readonly #file: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(db: Database.Database, file: string, now: () => number) {
    this.#db = db;
    this.#file = file;
    this.now = now;
  }

  close(): void {
    this.#db.close();
  }

  rows(sql: string, ...values: unknown[]): IntentRow[] {
    return this.read(sql, ...values).map((raw) => rowOf(raw, this.now()));
  }

  read(sql: string, ...values: unknown[]): unknown[] {
    try {
      return this.#prepared(sql).all(...values);
    } catch (error) {
      throw unusable(this.#file, error);
    }
  }

  /** Only inside `write`. */
  run(sql: string, ...values: unknown[]): Database.RunResult {
    return this.#prepared(sql).run(...values);
  }

  /** One transaction, with the ledger locked. It is on disk when this returns. */
  write<T>(work: (now: number) => T): T {
    try {
      return this.#db.transaction(() => work(this.now())).immediate();
    } catch (error) {
      throw unusable(this.#file, error);
    }
  }

  /** Cached: each tool call runs these queries several times. */
  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
