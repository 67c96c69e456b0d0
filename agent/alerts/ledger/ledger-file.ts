import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failed, SpendwiseError } from '@spendwise/sandbox/errors';
import { assertStateFile, openStateFolder, stateFolderIfThere } from '@spendwise/sandbox/foundation';
import Database from 'better-sqlite3';
import { hadLedger, markBegun } from './begun.ts';
import { upgradeFromNames } from './upgrade.ts';

/** "SPWL", in the file's header. */
const APPLICATION_ID = 0x5350574c;
const VERSION = 2;
/** Others hold the lock for the moment of one write. */
const BUSY_MS = 10_000;
/** Up to this size every index is compared with its table as well: many years of texts. */
const SMALL_BYTES = 16 * 1024 * 1024;

const SCHEMA = new URL('./schema.sql', import.meta.url);

export const ledgerFile = (stateDir: string): string => join(stateDir, 'ledger.db');

/**
 * Opens the ledger for writing, made when there never was one, or only for reading: then undefined when there never was
 * one. Every commit is on the disk before it returns. Throws Failed, also when the ledger is damaged, or lost.
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
    // Before the file is looked at: another process may be making it now, and says so when it is done.
    const lost = hadLedger(stateDir) ? lostLedger(file) : undefined;
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes === 0 && lost !== undefined) throw lost;
    if (mode === 'read') {
      // Empty: the process that made it was killed. Looking writes nothing.
      if (bytes === 0) return undefined;
      // Not read-only: what a crash left half done has to be rolled back before it can be read.
      db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
    } else {
      // Made by us first: SQLite would give it a mode of its own.
      closeSync(openSync(file, 'a', 0o600));
      db = new Database(file, { timeout: BUSY_MS });
    }
    prepare(db, file, bytes, mode, lost);
    if (mode === 'write') markBegun(stateDir);
    return db;
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
  // A rollback journal: a copy of the file alone is always complete. EXTRA: its removal is durable too.
  db.pragma('journal_mode = DELETE');
  db.pragma('synchronous = EXTRA');
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true });
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
    if (version === 1) {
      // Looking writes nothing: rows without a budget are read by the category's name.
      if (mode === 'read') return;
      upgradeFromNames(db);
      db.pragma(`user_version = ${VERSION}`);
      return;
    }
    if (version !== VERSION) {
      throw new Failed(
        `${file} has schema version ${version}; this SpendWise reads ${VERSION}`,
        'use the SpendWise version that wrote it',
      );
    }
  }).immediate();
}

const HOW_TO_GO_ON =
  'restore it from a copy; or begin anew with `spendwise alert resolve --new-ledger`: alerts of this period may then go out again';

/** What was sent is not known any more. */
export class LedgerLost extends Failed {}

const damaged = (file: string, cause?: unknown) =>
  new LedgerLost(`the ledger ${file} is damaged`, HOW_TO_GO_ON, cause);

const lostLedger = (file: string) =>
  new LedgerLost(
    `the ledger ${file} is ${existsSync(file) ? 'empty' : 'gone'}, and texts may have been sent from here`,
    HOW_TO_GO_ON,
  );

/** What SQLite says, for a person. Nothing is sent without the ledger. */
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
    'check the permissions of the file and its folder, and the room on the disk',
    error,
  );
}
