import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failed, SpendwiseError } from '@spendwise/sandbox/errors';
import { assertStateFile, openStateFolder, stateFolderIfThere } from '@spendwise/sandbox/foundation';
import Database from 'better-sqlite3';
import { hadLedger, markBegun } from './begun.ts';
import { upgradeFrom2 } from './upgrade.ts';

/** "SPWL" in the file's header. */
const APPLICATION_ID = 0x5350574c;
const VERSION = 3;
/** Other processes hold the lock for one write only. */
const BUSY_MS = 10_000;
/** Up to this size (many years of texts) indexes are compared with their tables too. */
const SMALL_BYTES = 16 * 1024 * 1024;

const SCHEMA = new URL('./schema.sql', import.meta.url);

export const ledgerFile = (stateDir: string): string => join(stateDir, 'ledger.db');

/**
 * Opens the ledger. `write` creates it if there never was one. `read` returns undefined if there never was one. Each
 * commit is on disk before it returns. Throws Failed, also for a ledger that is damaged or lost.
 */
export function openLedger(stateDir: string, mode: 'write'): Database.Database;
export function openLedger(stateDir: string, mode: 'read'): Database.Database | undefined;
export function openLedger(stateDir: string, mode: 'write' | 'read'): Database.Database | undefined {
  const file = ledgerFile(stateDir);
  let db: Database.Database | undefined;
  try {
    if (mode === 'write') openStateFolder(stateDir);
    else if (stateFolderIfThere(stateDir) === undefined) return undefined;
    assertStateFile(file);
    // Read before the file: another process may be creating it, and sets the mark when it is done.
    const lost = hadLedger(stateDir) ? lostLedger(file) : undefined;
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes === 0 && lost !== undefined) throw lost;
    if (mode === 'read') {
      // Empty: the process that created it was killed. Reading must not write.
      if (bytes === 0) return undefined;
      // Not read-only: SQLite must roll back what a crash left half written.
      db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
    } else {
      // Created here, because SQLite would not use mode 0600.
      closeSync(openSync(file, 'a', 0o600));
      db = new Database(file, { timeout: BUSY_MS });
    }
    prepare(db, file, bytes, mode, lost);
    if (mode === 'write') markBegun(stateDir);
    if (versionOf(db) === VERSION) return db;
    // Reading must not write: a copy in memory is upgraded.
    const copy = new Database(db.serialize());
    db.close();
    upgrade(copy);
    return copy;
  } catch (error) {
    db?.close();
    throw unusable(file, error);
  }
}

function prepare(
  db: Database.Database,
  file: string,
  bytes: number,
  mode: 'write' | 'read',
  lost: Failed | undefined,
): void {
  // A rollback journal keeps each copy of the file complete. EXTRA makes the removal of the journal durable too.
  db.pragma('journal_mode = DELETE');
  db.pragma('synchronous = EXTRA');
  db.transaction(() => {
    const version = versionOf(db);
    if (version === 0 && db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) {
      if (lost !== undefined) throw lost;
      db.exec(readFileSync(SCHEMA, 'utf8'));
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${VERSION}`);
      return;
    }
    const check = bytes <= SMALL_BYTES ? 'integrity_check(1)' : 'quick_check(1)';
    if (db.pragma(check, { simple: true }) !== 'ok') throw damaged(file);
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID)
      throw new Failed(`${file} is another program's database`, 'set SPENDWISE_STATE_DIR to another folder');
    if (version === 2) {
      if (mode === 'write') upgrade(db);
    } else if (version !== VERSION) {
      throw new Failed(
        `${file} has schema version ${version}; this SpendWise reads ${VERSION}`,
        'use the SpendWise version that wrote it',
      );
    }
  }).immediate();
}

const versionOf = (db: Database.Database): unknown => db.pragma('user_version', { simple: true });

function upgrade(db: Database.Database): void {
  upgradeFrom2(db, readFileSync(SCHEMA, 'utf8'));
  db.pragma(`user_version = ${VERSION}`);
}

const HOW_TO_GO_ON =
  'restore it from a copy, or start a new one with `spendwise alert resolve --new-ledger`: alerts of this period may then be sent again';

export class LedgerLost extends Failed {}

const damaged = (file: string, cause?: unknown) =>
  new LedgerLost(`the ledger ${file} is damaged`, HOW_TO_GO_ON, cause);

const lostLedger = (file: string) =>
  new LedgerLost(
    `the ledger ${file} is ${existsSync(file) ? 'empty' : 'missing'}, but texts may have been sent with it`,
    HOW_TO_GO_ON,
  );

/** Turns an SQLite error into a message for the user. Without the ledger nothing is sent. */
export function unusable(file: string, error: unknown): unknown {
  if (error instanceof SpendwiseError) return error;
  const { code = '' } = error as { code?: string };
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return new Failed(
      `the ledger ${file} is locked by another program`,
      'close it there, then try again',
      error,
    );
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damaged(file, error);
  if (!code) return error;
  return new Failed(
    `the ledger ${file} cannot be used (${code})`,
    'check the permissions of the file and its folder, and the free disk space',
    error,
  );
}
