import { randomUUID } from 'node:crypto';
import type { Limits } from '../config.ts';
import { type Admission, admit, DAY_MS, type Facts } from '../guards/admission.ts';
import { readFacts } from './facts.ts';
import { isLeftBehind, LONGEST_SEND_MS, type Row, type RowState, rowOf } from './row.ts';
import { inTransaction, type Sql, type State, statements } from './state-file.ts';

/** The longest window is 30 days. */
const KEPT_MS = 31 * DAY_MS;
const RECENT = 50;

export interface Intent {
  readonly recipient: string;
  readonly body: string;
  readonly idempotencyKey: string | undefined;
  readonly masked: string;
  readonly segments: number;
  readonly encoding: string;
}

export type Reservation =
  | { readonly verdict: 'reserved'; readonly id: number }
  | Exclude<Admission, { verdict: 'admit' }>;

/** The outcome of a send. A failed one frees its place. */
export type Settlement =
  | { readonly state: 'sent'; readonly sid: string; readonly status: string }
  | { readonly state: 'failed'; readonly sid?: string; readonly code?: number }
  | { readonly state: 'unknown' };

interface Waiting {
  readonly intent: Intent;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Records every send before its POST, for all processes that share the state. A reservation is on disk when `reserve`
 * resolves. After a crash it is `under_way`, then `unknown`.
 */
export class SendLog {
  readonly #state: State;
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #process = randomUUID();
  readonly #sql: Sql;
  #waiting: Waiting[] = [];
  #reserved = 0;

  constructor(state: State, limits: Limits, now: () => number = Date.now) {
    this.#state = state;
    this.#sql = statements(state.database);
    this.#limits = limits;
    this.#now = now;
    this.#tidy();
  }

  /** Concurrent reservations share one transaction, and so one disk sync. */
  reserve(intent: Intent): Promise<Reservation> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ intent, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#reserveWaiting());
    });
  }

  #reserveWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const reservations = this.#durably(() => waiting.map(({ intent }) => this.#reserveNow(intent)));
      waiting.forEach(({ resolve }, at) => {
        resolve(reservations[at] as Reservation);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
    this.#reserved += waiting.length;
    if (this.#reserved >= 1000) this.#tidy();
  }

  #reserveNow(intent: Intent): Reservation {
    const now = this.#now();
    const [recipient, text, key] = this.#fingerprints(intent);
    const admission = admit(this.#facts({ recipient, text, key, now }), this.#limits);
    if (admission.verdict !== 'admit') return admission;
    const { masked, segments, encoding, body } = intent;
    const { lastInsertRowid } = this.#sql(
      `INSERT INTO sends (created_ms, recipient, text, units, idempotency, masked, segments, encoding, state, process,
       pid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'under_way', ?, ?)`,
    ).run(now, recipient, text, body.length, key, masked, segments, encoding, this.#process, process.pid);
    return { verdict: 'reserved', id: Number(lastInsertRowid) };
  }

  foresee(intent: Intent): Admission {
    const [recipient, text, key] = this.#fingerprints(intent);
    return admit(this.#facts({ recipient, text, key, now: this.#now() }), this.#limits);
  }

  #facts(asked: Parameters<typeof readFacts>[1]): Facts {
    return readFacts(this.#sql, asked, this.#limits, (raw) => this.#row(raw));
  }

  #fingerprints({ recipient, body, idempotencyKey }: Intent): [string, string, string | null] {
    const { fingerprint } = this.#state;
    const key = idempotencyKey === undefined ? null : fingerprint('key', idempotencyKey);
    return [fingerprint('recipient', recipient), fingerprint('text', body), key];
  }

  /** Not synced: if it is lost, the reservation stays, counts, and is looked up. */
  settle(id: number, settlement: Settlement): void {
    inTransaction(this.#state.database, () => {
      if (settlement.state === 'unknown') {
        this.#sql(`UPDATE sends SET state = 'unknown' WHERE id = ? AND state = 'under_way'`).run(id);
        return;
      }
      const sid = settlement.sid ?? null;
      // Twilio's answer overrides the guess of a look-up.
      this.#sql(
        `UPDATE sends SET state = 'unknown', sid = NULL, status = NULL WHERE sid = ? AND id <> ?`,
      ).run(sid, id);
      const status = settlement.state === 'sent' ? settlement.status : 'failed';
      const code = settlement.state === 'failed' ? (settlement.code ?? null) : null;
      this.#sql('UPDATE sends SET state = ?, status = ?, sid = ?, code = ? WHERE id = ?').run(
        settlement.state,
        status,
        sid,
        code,
        id,
      );
    });
  }

  /** Assigns the SID that a look-up found. Refused if the SID belongs to another send, or a similar send is open. */
  claim(id: number, sid: string, status: string): boolean {
    return inTransaction(this.#state.database, () => {
      const { text, recipient, at } = this.row(id) ?? {};
      if (text === undefined || recipient === undefined || at === undefined) return false;
      const rival = this.#sql(
        `SELECT 1 FROM sends WHERE id <> ? AND (sid = ? OR (text = ? AND recipient = ? AND
         state IN ('under_way', 'unknown') AND abs(created_ms - ?) < ?))`,
      ).get(id, sid, text, recipient, at, 2 * LONGEST_SEND_MS);
      if (rival !== undefined) return false;
      this.#sql(
        `UPDATE sends SET state = 'sent', sid = ?, status = ? WHERE id = ? AND state IN ('under_way', 'unknown')`,
      ).run(sid, status, id);
      return true;
    });
  }

  progress(sid: string, status: string, code: number | undefined): void {
    this.#sql('UPDATE sends SET status = ?, code = ? WHERE sid = ?').run(status, code ?? null, sid);
  }

  row(id: number): Row | undefined {
    const row = this.#sql('SELECT * FROM sends WHERE id = ?').get(id);
    return row === undefined ? undefined : this.#row(row);
  }

  knows(sid: string): boolean {
    return this.#sql('SELECT 1 FROM sends WHERE sid = ?').get(sid) !== undefined;
  }

  isOf(row: Row, recipient: string): boolean {
    return row.recipient === this.#state.fingerprint('recipient', recipient);
  }

  /** True if the message has the text of the row. Trial accounts add a prefix, never a suffix. */
  isTextOf({ units, text }: Row, body: string): boolean {
    return body.length >= units && this.#state.fingerprint('text', body.slice(body.length - units)) === text;
  }

  /** Unknown sends, newest first, with those that an ended process left under way. */
  unknown(): Row[] {
    const rows = this.#sql(
      `SELECT * FROM sends WHERE state IN ('under_way', 'unknown') ORDER BY id DESC LIMIT ?`,
    ).all(4 * RECENT);
    return rows.map((row) => this.#row(row)).filter(({ state }) => state === 'unknown');
  }

  recent(): Row[] {
    return this.#sql('SELECT * FROM sends ORDER BY id DESC LIMIT ?')
      .all(RECENT)
      .map((row) => this.#row(row));
  }

  optOut(recipient: string, masked: string): void {
    const hashed = this.#state.fingerprint('recipient', recipient);
    this.#durably(() =>
      this.#sql('INSERT OR IGNORE INTO opt_outs VALUES (?, ?, ?)').run(hashed, masked, this.#now()),
    );
  }

  /** True if there was an opt-out to remove. */
  forgetOptOut(recipient: string): boolean {
    const hashed = this.#state.fingerprint('recipient', recipient);
    return this.#sql('DELETE FROM opt_outs WHERE recipient = ?').run(hashed).changes > 0;
  }

  close(): void {
    this.#state.database.close();
  }

  #row(raw: unknown): Row {
    const row = rowOf(raw);
    return row.state === 'under_way' && isLeftBehind(row, this.#process, this.#now())
      ? { ...row, state: 'unknown' as RowState }
      : row;
  }

  #tidy(): void {
    this.#reserved = 0;
    this.#sql('DELETE FROM sends WHERE created_ms < ?').run(this.#now() - KEPT_MS);
  }

  #durably<T>(work: () => T): T {
    const { database } = this.#state;
    database.exec('PRAGMA synchronous=FULL');
    try {
      return inTransaction(database, work);
    } finally {
      database.exec('PRAGMA synchronous=NORMAL');
    }
  }
}
