import { Failed } from '@spendwise/sandbox/errors';
import { ownIdentity } from '@spendwise/sandbox/process-identity';
import type { BudgetStatus } from '../../spending/status.ts';
import { falls } from '../falls.ts';
import { putLedgerAside } from './begun.ts';
import { LedgerLost, ledgerFile, openLedger } from './ledger-file.ts';
import { type IntentRow, type IntentState, rowOf, type Told } from './row.ts';
import { LedgerStore } from './store.ts';
import { type BudgetPeriod, conflictOf, DAY_MS, HOUR_MS } from './uniqueness.ts';
import { tell, toldBy, untell, untold, watch } from './watched.ts';

export interface Intent {
  readonly tool: string;
  readonly recipient: string;
  readonly body: string;
  /** Absent for a free text, and for an alert that no threshold triggered. */
  readonly alert?: Told;
  /** For a summary: what it says about each budget. */
  readonly told?: readonly Told[];
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
/** Later than this, nobody asks whether a text arrived. */
const FOLLOW_MS = 3 * DAY_MS;
/** Maximum texts of all kinds. Failed ones do not count. */
export const CAPS = { hour: 20, day: 50 } as const;
/** Far more than the caps let out while an agent works on a request. */
const MAX_BETWEEN = 1_000;
/** A row dated later than this was written under a wrong clock, and does not count against the caps. */
const CLOCK_MS = 5 * 60_000;

/**
 * Records each text before it is sent, so that it is sent at most once by all processes that share the state folder.
 * Each call is one transaction, on disk when it returns. Throws Failed.
 */
export class Ledger {
  readonly #store: LedgerStore;

  private constructor(store: LedgerStore) {
    this.#store = store;
  }

  static open(stateDir: string, now: () => number = Date.now): Ledger {
    return new Ledger(new LedgerStore(openLedger(stateDir, 'write'), ledgerFile(stateDir), now));
  }

  /** Opens the ledger for reading. Undefined if there never was one. */
  static openIfThere(stateDir: string, now: () => number = Date.now): Ledger | undefined {
    const db = openLedger(stateDir, 'read');
    return db && new Ledger(new LedgerStore(db, ledgerFile(stateDir), now));
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
    this.#store.close();
  }

  /**
   * Reserves a row if no earlier one conflicts. A `Decide` function runs in the same transaction, so no snooze and no
   * other text comes between the decision and the row.
   */
  reserve<No = never>(
    what: Intent | Decide<No>,
  ): Reservation | { readonly ok: false; readonly declined: No } {
    return this.#store.write((began) => {
      this.#recover(began);
      const decided = typeof what === 'function' ? what() : { intent: what };
      if ('declined' in decided) return { ok: false, declined: decided.declined };
      const { intent } = decided;
      const now = this.#store.now();
      const earlier = conflictOf(this.#since(intent, now), intent, now);
      if (earlier !== undefined) return { ok: false, earlier };
      const cap = this.#cap(now);
      if (cap !== undefined) return { ok: false, earlier: undefined, cap };
      const { tool, recipient, body, alert, told = [] } = intent;
      const { lastInsertRowid } = this.#store.run(
        `INSERT INTO intents (kind, state, tool, database, category, currency, period, period_start, threshold,
           spent_minor, limit_minor, recipient, body, window, reserved_ms, owner, budget_id, category_id)
         VALUES (?, 'reserved', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
      const id = Number(lastInsertRowid);
      tell(this.#store, id, told);
      return { ok: true, id, body };
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
    if (!this.#settle(id, settlement, ['sending', 'unknown', 'undelivered']))
      throw new Failed(`intent ${id} is not being sent`, 'see `spendwise alert history`');
  }

  /** Records that a text with an unknown outcome was found at Twilio. Does nothing if it was settled meanwhile. */
  found(id: number, sid: string): void {
    this.#settle(id, { state: 'sent', sid, reason: 'found at Twilio' }, ['sending', 'unknown']);
  }

  /** Settles the open rows of processes that have ended. Readers already treat these rows as settled. */
  recover(): void {
    this.#store.write((now) => this.#recover(now));
  }

  /**
   * Records what a run sees: the budgets and their periods, and which of them fell below a threshold that was told. `look`
   * reads them while the ledger is locked, so that no text comes between.
   */
  observe(
    database: string,
    look: () => { readonly statuses: readonly BudgetStatus[]; readonly day: Temporal.PlainDate },
  ): void {
    this.#store.write(() => {
      const { statuses, day } = look();
      const first = statuses.map(({ periodStart }) => periodStart).sort()[0];
      if (first === undefined) return;
      for (const { id, toMinor } of falls(this.alertsSince(database, first), statuses, day))
        this.#store.run('UPDATE intents SET fell_minor = ? WHERE id = ?', toMinor, id);
      watch(this.#store, database, statuses);
    });
  }

  /** Budgets in periods that began on `since` (YYYY-MM-DD) or later, which a run saw and no summary tells. */
  untold(database: string, since: string): BudgetPeriod[] {
    return untold(this.#store, database, since);
  }

  /** What a text says about budgets. Empty for a free text. */
  toldBy({ id, alert }: IntentRow): readonly Told[] {
    return alert === undefined ? toldBy(this.#store, id) : [alert];
  }

  /** Sent in the last days, and nobody knows yet whether they arrived. Asked for less and less often. Oldest first. */
  toFollow(): IntentRow[] {
    const sql = `SELECT * FROM intents WHERE state = 'sent' AND sid IS NOT NULL AND reserved_ms > ?
      AND (checked_ms IS NULL OR ? - settled_ms >= 2 * (checked_ms - settled_ms)) ORDER BY id`;
    const now = this.#store.now();
    return this.#store.rows(sql, now - FOLLOW_MS, now);
  }

  /** Records what became of a text that was sent, as far as Twilio or the user knows. */
  followed(id: number, state: 'sent' | 'delivered' | 'undelivered', reason?: string): void {
    const sql = `UPDATE intents SET state = ?, reason = coalesce(?, reason), checked_ms = ?
                 WHERE id = ? AND (state = 'sent' OR state = 'undelivered' AND ? = 'delivered')`;
    this.#store.write((now) => this.#store.run(sql, state, reason ?? null, now, id, state));
  }

  /** Texts that the user has to settle: they may have been sent, or did not arrive. Oldest first. */
  open(): IntentRow[] {
    const undelivered = this.#store.rows(`SELECT * FROM intents WHERE state = 'undelivered' ORDER BY id`);
    return [...this.unknown(), ...undelivered].sort((a, b) => a.id - b.id);
  }

  /** Texts that may have been sent, oldest first. */
  unknown(): IntentRow[] {
    return this.#store
      .rows(`SELECT * FROM intents WHERE state IN ('sending', 'unknown') ORDER BY id`)
      .filter(({ state }) => state === 'unknown');
  }

  /** All rows for alerts of periods that began on `since` (YYYY-MM-DD) or later, oldest first. */
  alertsSince(database: string, since: string): IntentRow[] {
    const sql = `SELECT * FROM intents WHERE kind = 'alert' AND database = ? AND period_start >= ? ORDER BY id`;
    return this.#store.rows(sql, database, since);
  }

  /** Newest first. */
  history(limit: number): IntentRow[] {
    return this.#store.rows('SELECT * FROM intents ORDER BY id DESC LIMIT ?', limit);
  }

  /** Texts that were reserved in this time, oldest first. */
  between(from: Date, to: Date): IntentRow[] {
    const sql = 'SELECT * FROM intents WHERE reserved_ms BETWEEN ? AND ? ORDER BY id LIMIT ?';
    return this.#store.rows(sql, from.getTime(), to.getTime(), MAX_BETWEEN);
  }

  find(id: number): IntentRow | undefined {
    return this.#store.rows('SELECT * FROM intents WHERE id = ?', id)[0];
  }

  knows(sid: string): boolean {
    return this.#store.rows('SELECT * FROM intents WHERE sid = ?', sid).length > 0;
  }

  /** Why no more texts may be sent for now, or undefined. */
  cap(): string | undefined {
    return this.#cap(this.#store.now());
  }

  /** The end of the snooze for a category, or for all of them if that is later. */
  snoozedUntil(database: string, category: string): Date | undefined {
    const until = this.#store.read(
      `SELECT max(until_ms) AS until FROM snoozes WHERE database = ? AND category IN (?, '') AND until_ms > ?`,
      database,
      category,
      this.#store.now(),
    ) as [{ until: number | null }];
    return until[0].until === null ? undefined : new Date(until[0].until);
  }

  snoozes(database: string): { category: string | undefined; until: Date }[] {
    const sql =
      'SELECT category, until_ms FROM snoozes WHERE database = ? AND until_ms > ? ORDER BY category';
    return (
      this.#store.read(sql, database, this.#store.now()) as { category: string; until_ms: number }[]
    ).map((row) => ({
      category: row.category === '' ? undefined : row.category,
      until: new Date(row.until_ms),
    }));
  }

  /** `until` undefined ends the snooze. `category` undefined means all categories. */
  snooze(database: string, category: string | undefined, until: Date | undefined): void {
    this.#store.write(() => {
      if (until === undefined)
        this.#store.run('DELETE FROM snoozes WHERE database = ? AND category = ?', database, category ?? '');
      else
        this.#store.run(
          'INSERT OR REPLACE INTO snoozes VALUES (?, ?, ?)',
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
      const [{ count }] = this.#store.read(sql, now - span, now + CLOCK_MS) as [{ count: number }];
      if (count >= CAPS[name])
        return `${count} texts went out within ${name === 'hour' ? 'an hour' : 'a day'}`;
    }
    return undefined;
  }

  #since({ alert, recipient, body }: Intent, now: number): IntentRow[] {
    if (alert === undefined) {
      const sql = `SELECT * FROM intents WHERE recipient = ? AND body = ? AND reserved_ms > ? ORDER BY id`;
      return this.#store.rows(sql, recipient, body, now - TEXT_WINDOW_MS);
    }
    return this.alertsSince(alert.database, alert.periodStart);
  }

  #recover(now: number): void {
    const open = this.#store.read(`SELECT * FROM intents WHERE state IN ('reserved', 'sending')`);
    for (const { id, state, reason } of open.map((raw) => rowOf(raw, now))) {
      if (state !== 'failed' && state !== 'unknown') continue;
      const sql = 'UPDATE intents SET state = ?, reason = ?, settled_ms = ? WHERE id = ?';
      this.#store.run(sql, state, reason, now, id);
      if (state === 'failed') untell(this.#store, id);
    }
  }

  /** False if the row was settled before. */
  #settle(id: number, settlement: Settlement, from: readonly IntentState[]): boolean {
    const { state, reason } = settlement;
    const sid = settlement.state === 'sent' ? settlement.sid : undefined;
    const sql = `UPDATE intents SET state = ?, sid = coalesce(?, sid), reason = ?, settled_ms = ?
                 WHERE id = ? AND state IN (${from.map((each) => `'${each}'`).join(', ')})`;
    return this.#store.write((now) => {
      const { changes } = this.#store.run(sql, state, sid ?? null, reason ?? null, now, id);
      if (changes === 1 && state === 'failed') untell(this.#store, id);
      return changes === 1;
    });
  }

  #change(sql: string, id: number): void {
    const { changes } = this.#store.write((now) => this.#store.run(sql, now, id));
    if (changes !== 1)
      throw new Failed(`intent ${id} was taken over by another SpendWise`, 'see `spendwise alert history`');
  }
}
