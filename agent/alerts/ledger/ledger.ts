import { Failed } from '@spendwise/sandbox/errors';
import { ownIdentity } from '@spendwise/sandbox/process-identity';
import type Database from 'better-sqlite3';
import { putLedgerAside } from './begun.ts';
import { LedgerLost, ledgerFile, openLedger, unusable } from './ledger-file.ts';
import { type AlertFigures, type AlertKey, type IntentRow, rowOf } from './row.ts';
import { conflictOf, DAY_MS, HOUR_MS } from './uniqueness.ts';

/** What is to be sent, before it is. */
export interface Intent {
  readonly tool: string;
  readonly recipient: string;
  readonly body: string;
  /** Absent for a text that is not an alert, or for one that no threshold set off. */
  readonly alert?: AlertKey & AlertFigures;
}

/** Says what is to be sent, or why nothing is, as things stand where the ledger is locked. */
export type Decide<No = never> = () => { readonly intent: Intent } | { readonly declined: No };

export type Reservation =
  | { readonly ok: true; readonly id: number; readonly body: string }
  /** It was sent, may have been, or is being sent. */
  | { readonly ok: false; readonly earlier: IntentRow }
  | { readonly ok: false; readonly earlier: undefined; readonly cap: string };

export type Settlement =
  | { readonly state: 'sent'; readonly sid: string | undefined; readonly reason?: string | undefined }
  /** Only when certainly nothing went out. */
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/** The same text to the same number goes out once within so long. Milliseconds. */
export const TEXT_WINDOW_MS = DAY_MS;
/** Texts of all kinds that may go out; those that failed do not count. */
export const CAPS = { hour: 20, day: 50 } as const;
/** What is later than this was written under a clock that was wrong, and does not count against the caps. */
const CLOCK_MS = 5 * 60_000;

/**
 * What was sent, is being sent, and may have been sent: at most once, for every process that shares the state folder.
 * Each call is one transaction that is on the disk when it returns. Throws Failed.
 */
export class Ledger {
  readonly #db: Database.Database;
  readonly #file: string;
  readonly #now: () => number;
  readonly #statements = new Map<string, Database.Statement>();

  private constructor(db: Database.Database, file: string, now: () => number) {
    this.#db = db;
    this.#file = file;
    this.#now = now;
  }

  static open(stateDir: string, now: () => number = Date.now): Ledger {
    return new Ledger(openLedger(stateDir, 'write'), ledgerFile(stateDir), now);
  }

  /** For looking only; undefined when nothing was ever written. */
  static openIfThere(stateDir: string, now: () => number = Date.now): Ledger | undefined {
    const db = openLedger(stateDir, 'read');
    return db && new Ledger(db, ledgerFile(stateDir), now);
  }

  /**
   * After a person said so: puts what is left of a ledger aside, and begins a new one. Returns where the old one is;
   * undefined when there was none. Throws Failed when the ledger is in order.
   */
  static beginAnew(stateDir: string): string | undefined {
    try {
      openLedger(stateDir, 'read')?.close();
    } catch (error) {
      if (!(error instanceof LedgerLost)) throw error;
      const aside = putLedgerAside(stateDir, ledgerFile(stateDir));
      openLedger(stateDir, 'write').close();
      return aside;
    }
    throw new Failed('the ledger is in order, and no new one is begun', 'see `spendwise alert history`');
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Takes the place of an intent, if it is free. What decides does so in the same transaction: no snooze begins and no
   * other text goes out between the decision and the place.
   */
  reserve<No = never>(
    what: Intent | Decide<No>,
  ): Reservation | { readonly ok: false; readonly declined: No } {
    return this.#write((began) => {
      this.#recover(began);
      const decided = typeof what === 'function' ? what() : { intent: what };
      if ('declined' in decided) return { ok: false, declined: decided.declined };
      const { intent } = decided;
      const now = this.#now();
      const earlier = conflictOf(this.#since(intent, now), intent);
      if (earlier !== undefined) return { ok: false, earlier };
      const cap = this.#cap(now);
      if (cap !== undefined) return { ok: false, earlier: undefined, cap };
      const { tool, recipient, body, alert } = intent;
      const { lastInsertRowid } = this.#prepared(
        `INSERT INTO intents (kind, state, tool, database, category, currency, period, period_start, threshold,
           spent_minor, limit_minor, recipient, body, window, reserved_ms, owner, budget_id, category_id)
         VALUES (?, 'reserved', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        alert ? 'alert' : 'text',
        tool,
        alert?.database ?? null,
        alert?.category ?? null,
        alert?.currency ?? null,
        alert?.period ?? null,
        alert?.periodStart ?? null,
        alert === undefined ? null : String(alert.threshold),
        alert?.spentMinor ?? null,
        alert?.limitMinor ?? null,
        recipient,
        body,
        alert ? null : Math.floor(now / TEXT_WINDOW_MS),
        now,
        JSON.stringify(ownIdentity()),
        alert?.budgetId ?? null,
        alert?.categoryId ?? null,
      );
      return { ok: true, id: Number(lastInsertRowid), body };
    });
  }

  /** From now on it may have gone out. Throws when the reservation is not there any more: then nothing may be sent. */
  sending(id: number): void {
    this.#change(
      `UPDATE intents SET state = 'sending', sending_ms = ? WHERE id = ? AND state = 'reserved'`,
      id,
    );
  }

  /** What became of a send. */
  settle(id: number, settlement: Settlement): void {
    if (!this.#settle(id, settlement))
      throw new Failed(`intent ${id} is not being sent`, 'see `spendwise alert history`');
  }

  /** A text that may have gone out was found at Twilio. If somebody settled it meanwhile, that holds. */
  found(id: number, sid: string): void {
    this.#settle(id, { state: 'sent', sid, reason: 'found at Twilio' });
  }

  /** Writes down what gone processes left open. Read or not, it counts so already. */
  recover(): void {
    this.#write((now) => this.#recover(now));
  }

  /** May have gone out; nobody knows. Oldest first. */
  unknown(): IntentRow[] {
    return this.#rows(`SELECT * FROM intents WHERE state IN ('sending', 'unknown') ORDER BY id`).filter(
      ({ state }) => state === 'unknown',
    );
  }

  /** All that was ever written about the alerts of periods that began on `since` (YYYY-MM-DD) or later, oldest first. */
  alertsSince(database: string, since: string): IntentRow[] {
    const sql = `SELECT * FROM intents WHERE kind = 'alert' AND database = ? AND period_start >= ? ORDER BY id`;
    return this.#rows(sql, database, since);
  }

  /** Newest first. */
  history(limit: number): IntentRow[] {
    return this.#rows('SELECT * FROM intents ORDER BY id DESC LIMIT ?', limit);
  }

  find(id: number): IntentRow | undefined {
    return this.#rows('SELECT * FROM intents WHERE id = ?', id)[0];
  }

  /** Whether some other intent has this message already. */
  knows(sid: string): boolean {
    return this.#rows('SELECT * FROM intents WHERE sid = ?', sid).length > 0;
  }

  /** Why no more may go out for now, or undefined. */
  cap(): string | undefined {
    return this.#cap(this.#now());
  }

  /** Until when a category's alerts are held back; the later of its own and that of all. */
  snoozedUntil(database: string, category: string): Date | undefined {
    const until = this.#read(
      `SELECT max(until_ms) AS until FROM snoozes WHERE database = ? AND category IN (?, '') AND until_ms > ?`,
      database,
      category,
      this.#now(),
    ) as [{ until: number | null }];
    return until[0].until === null ? undefined : new Date(until[0].until);
  }

  snoozes(database: string): { category: string | undefined; until: Date }[] {
    const sql =
      'SELECT category, until_ms FROM snoozes WHERE database = ? AND until_ms > ? ORDER BY category';
    return (this.#read(sql, database, this.#now()) as { category: string; until_ms: number }[]).map(
      (row) => ({
        category: row.category === '' ? undefined : row.category,
        until: new Date(row.until_ms),
      }),
    );
  }

  /** Undefined: the category's alerts go out again; no category: all. */
  snooze(database: string, category: string | undefined, until: Date | undefined): void {
    this.#write(() => {
      if (until === undefined)
        this.#prepared('DELETE FROM snoozes WHERE database = ? AND category = ?').run(
          database,
          category ?? '',
        );
      else
        this.#prepared('INSERT OR REPLACE INTO snoozes VALUES (?, ?, ?)').run(
          database,
          category ?? '',
          until.getTime(),
        );
    });
  }

  #cap(now: number): string | undefined {
    for (const [name, span] of [
      ['hour', HOUR_MS],
      ['day', DAY_MS],
    ] as const) {
      const sql = `SELECT count(*) AS count FROM intents WHERE state <> 'failed' AND reserved_ms > ? AND reserved_ms <= ?`;
      const [{ count }] = this.#read(sql, now - span, now + CLOCK_MS) as [{ count: number }];
      if (count >= CAPS[name])
        return `${count} texts went out within ${name === 'hour' ? 'an hour' : 'a day'}`;
    }
    return undefined;
  }

  /** Rows that an intent could be the same as. */
  #since({ alert, recipient, body }: Intent, now: number): IntentRow[] {
    if (alert === undefined) {
      const sql = `SELECT * FROM intents WHERE recipient = ? AND body = ? AND reserved_ms > ? ORDER BY id`;
      return this.#rows(sql, recipient, body, now - TEXT_WINDOW_MS);
    }
    return this.alertsSince(alert.database, alert.periodStart);
  }

  #recover(now: number): void {
    const open = this.#read(`SELECT * FROM intents WHERE state IN ('reserved', 'sending')`);
    for (const { id, state, reason } of open.map((raw) => rowOf(raw, now))) {
      if (state !== 'failed' && state !== 'unknown') continue;
      const sql = 'UPDATE intents SET state = ?, reason = ?, settled_ms = ? WHERE id = ?';
      this.#prepared(sql).run(state, reason, now, id);
    }
  }

  /** False: it was not open any more. */
  #settle(id: number, settlement: Settlement): boolean {
    const { state, reason } = settlement;
    const sid = settlement.state === 'sent' ? settlement.sid : undefined;
    const sql = `UPDATE intents SET state = ?, sid = ?, reason = ?, settled_ms = ?
                 WHERE id = ? AND state IN ('sending', 'unknown')`;
    const { changes } = this.#write((now) =>
      this.#prepared(sql).run(state, sid ?? null, reason ?? null, now, id),
    );
    return changes === 1;
  }

  #change(sql: string, id: number): void {
    const { changes } = this.#write((now) => this.#prepared(sql).run(now, id));
    if (changes !== 1)
      throw new Failed(`intent ${id} was taken over by another SpendWise`, 'see `spendwise alert history`');
  }

  #rows(sql: string, ...values: unknown[]): IntentRow[] {
    return this.#read(sql, ...values).map((raw) => rowOf(raw, this.#now()));
  }

  /** Each call of the agent's looks here several times. */
  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #read(sql: string, ...values: unknown[]): unknown[] {
    try {
      return this.#prepared(sql).all(...values);
    } catch (error) {
      throw unusable(this.#file, error);
    }
  }

  #write<T>(work: (now: number) => T): T {
    try {
      return this.#db.transaction(() => work(this.#now())).immediate();
    } catch (error) {
      throw unusable(this.#file, error);
    }
  }
}
