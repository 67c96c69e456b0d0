import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Failed, SpendwiseError } from '../../errors.ts';
import { assertStateFile, openStateFolder, stateFolderIfThere } from '../../state-folder.ts';

/** "SPWL", in the file's header. */
const APPLICATION_ID = 0x5350574c;
const VERSION = 1;
/** Others hold the lock for the moment of one write. */
const BUSY_MS = 10_000;

const SCHEMA = new URL('./schema.sql', import.meta.url);

export const ledgerFile = (stateDir: string): string => join(stateDir, 'ledger.db');

/**
 * Opens the ledger for writing, made when it is missing, or only for reading: then undefined when it is missing. Every
 * commit is on the disk before it returns. Throws Failed.
 */
export function openLedger(stateDir: string, mode: 'write'): Database.Database;
export function openLedger(stateDir: string, mode: 'read'): Database.Database | undefined;
export function openLedger(stateDir: string, mode: 'write' | 'read'): Database.Database | undefined {
  const file = ledgerFile(stateDir);
  let db: Database.Database | undefined;
  try {
    if (mode === 'read') {
      if (stateFolderIfThere(stateDir) === undefined) return undefined;
      assertStateFile(file);
      // Empty: whoever was making it was stopped. Looking writes nothing.
      if (!statSync(file, { throwIfNoEntry: false })?.size) return undefined;
      // Not read-only: what a crash left half done has to be rolled back before it can be read.
      db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
    } else {
      openStateFolder(stateDir);
      assertStateFile(file);
      // Made by us first: SQLite would give it a mode of its own.
      closeSync(openSync(file, 'a', 0o600));
      db = new Database(file, { timeout: BUSY_MS });
    }
    prepare(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw unusable(file, error);
  }
}

function prepare(db: Database.Database, file: string): void {
  // A rollback journal: the file alone is always whole for whoever copies it. EXTRA: its removal is durable too.
  db.pragma('journal_mode = DELETE');
  db.pragma('synchronous = EXTRA');
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true });
    if (version === 0 && db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) {
      db.exec(readFileSync(SCHEMA, 'utf8'));
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${VERSION}`);
      return;
    }
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID)
      throw new Failed(`${file} is another program's database`, 'set SPENDWISE_STATE_DIR to another folder');
    if (version !== VERSION) {
      throw new Failed(
        `${file} has schema version ${version}; this SpendWise reads ${VERSION}`,
        'use the SpendWise version that wrote it',
      );
    }
  }).immediate();
}

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
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return new Failed(
      `the ledger ${file} is damaged`,
      'restore it from a copy; without it, alerts of this period would go out again',
      error,
    );
  }
  if (!code) return error;
  return new Failed(
    `the ledger ${file} cannot be used (${code})`,
    'check the permissions of the file and its folder, and the room on the disk',
    error,
  );
}
