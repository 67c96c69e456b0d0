import { Failed } from '@spendwise/sandbox/errors';
import { ownIdentity } from '@spendwise/sandbox/process-identity';
import type Database from 'better-sqlite3';
import { putLedgerAside } from './begun.ts';
import { LedgerLost, ledgerFile, openLedger, unusable } from './ledger-file.ts';
import { type AlertFigures, type AlertKey, type IntentRow, rowOf } from './row.ts';
import { conflictOf, DAY_MS, HOUR_MS } from './uniqueness.ts';

export interface Intent {
  readonly tool: string;
  readonly recipient: string;
  readonly body: string;
  /** Absent for a free text, and for an alert that no threshold triggered. */
  readonly alert?: AlertKey & AlertFigures;
}

/** Decides whether to send, while the ledger is locked. */
export type Decide<No = never> = () => { readonly intent: Intent } | { readonly declined: No };

export type Reservation =
  | { readonly ok: true; readonly id: number; readonly body: string }
  /** An earlier text was sent, may have been sent, or is being sent. */
  | { readonly ok: false; readonly earlier: IntentRow }
  | { readonly ok: false; readonly earlier: undefined; readonly cap: string };

export type Settlement =
  | { readonly state: 'sent'; readonly sid: string | undefined; readonly reason?: string | undefined }
  /** Only if certainly nothing was sent. */
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/** The same text is sent to the same number once in this time. */
export const TEXT_WINDOW_MS = DAY_MS;
/** Maximum texts of all kinds. Failed ones do not count. */
export const CAPS = { hour: 20, day: 50 } as const;
/** A row dated later than this was written under a wrong clock, and does not count against the caps. */
const CLOCK_MS = 5 * 60_000;

/**
 * Records each text before it is sent, so that it is sent at most once by all processes that share the state folder.
 * Each call is one transaction, on disk when it returns. Throws Failed.
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

  /** Opens the ledger for reading. Undefined if there never was one. */
  static openIfThere(stateDir: string, now: () => number = Date.now): Ledger | undefined {
    const db = openLedger(stateDir, 'read');
    return db && new Ledger(db, ledgerFile(stateDir), now);
  }

  /**
   * Replaces a lost ledger when the user asks for it. Returns the path of the old one, if any is left. Throws Failed if
   * the ledger is in order.
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
    throw new Failed('the ledger is in order; no new one was started', 'see `spendwise alert history`');
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Reserves a row if no earlier one conflicts. A `Decide` function runs in the same transaction, so no snooze and no
   * other text comes between the decision and the row.
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

  /** Called right before the send. Throws if the reservation is gone: then nothing may be sent. */
  sending(id: number): void {
    this.#change(
      `UPDATE intents SET state = 'sending', sending_ms = ? WHERE id = ? AND state = 'reserved'`,
      id,
    );
  }

  settle(id: number, settlement: Settlement): void {
    if (!this.#settle(id, settlement))
      throw new Failed(`intent ${id} is not being sent`, 'see `spendwise alert history`');
  }

  /** Records that a text with an unknown outcome was found at Twilio. Does nothing if it was settled meanwhile. */
  found(id: number, sid: string): void {
    this.#settle(id, { state: 'sent', sid, reason: 'found at Twilio' });
  }

  /** Settles the open rows of processes that have ended. Readers already treat these rows as settled. */
  recover(): void {
    this.#write((now) => this.#recover(now));
  }

  /** Texts that may have been sent, oldest first. */
  unknown(): IntentRow[] {
    return this.#rows(`SELECT * FROM intents WHERE state IN ('sending', 'unknown') ORDER BY id`).filter(
      ({ state }) => state === 'unknown',
    );
  }

  /** All rows for alerts of periods that began on `since` (YYYY-MM-DD) or later, oldest first. */
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

  knows(sid: string): boolean {
    return this.#rows('SELECT * FROM intents WHERE sid = ?', sid).length > 0;
  }

  /** Why no more texts may be sent for now, or undefined. */
  cap(): string | undefined {
    return this.#cap(this.#now());
  }

  /** The end of the snooze for a category, or for all of them if that is later. */
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

  /** `until` undefined ends the snooze. `category` undefined means all categories. */
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

  /** False if the row was settled before. */
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

  /** Cached: each tool call runs these queries several times. */
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
