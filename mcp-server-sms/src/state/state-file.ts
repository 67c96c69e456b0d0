import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Fingerprint, fingerprintWith, keyIn, randomKey } from './fingerprint.ts';
import { assertOwnFile, openOwnFile, openOwnFolder } from './own-files.ts';

/** How long to wait for the write lock before a send is refused. */
const BUSY_MS = 5_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS sends (
  id INTEGER PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  recipient TEXT NOT NULL,            -- fingerprint
  text TEXT NOT NULL,                 -- fingerprint
  units INTEGER NOT NULL,
  idempotency TEXT,                   -- fingerprint
  masked TEXT NOT NULL,
  segments INTEGER NOT NULL,
  encoding TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('under_way', 'sent', 'failed', 'unknown')),
  status TEXT,                        -- of the message, once it has a SID
  sid TEXT UNIQUE,
  code INTEGER,                       -- Twilio's error code
  process TEXT NOT NULL,
  pid INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sends_counted ON sends (created_ms) WHERE state <> 'failed';
CREATE INDEX IF NOT EXISTS sends_by_recipient ON sends (recipient, created_ms) WHERE state <> 'failed';
CREATE INDEX IF NOT EXISTS sends_by_text ON sends (text, recipient, created_ms);
CREATE INDEX IF NOT EXISTS sends_by_idempotency ON sends (idempotency) WHERE idempotency IS NOT NULL;
CREATE TABLE IF NOT EXISTS opt_outs (
  recipient TEXT PRIMARY KEY, masked TEXT NOT NULL, since_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

export interface State {
  readonly database: DatabaseSync;
  readonly fingerprint: Fingerprint;
}

/**
 * Opens the state: in SMS_STATE_DIR, shared by processes, or in memory. Throws an Error that says what is wrong with
 * the folder.
 */
export function openState(folder: string | undefined): State {
  // Not a static import: Node 22 and 24 print a warning, which main.ts must silence first.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  if (folder === undefined) {
    const database = new DatabaseSync(':memory:');
    database.exec(SCHEMA);
    return { database, fingerprint: fingerprintWith(randomKey()) };
  }
  openOwnFolder(folder);
  const file = join(folder, 'sends.db');
  // Created first, so that the files SQLite adds get the same mode.
  closeSync(openOwnFile(file, true));
  for (const beside of ['wal', 'shm', 'journal']) assertOwnFile(`${file}-${beside}`);
  const fingerprint = fingerprintWith(keyIn(folder));
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA busy_timeout=${BUSY_MS}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL`);
  inTransaction(database, () => {
    database.exec(SCHEMA);
    // With another key, no earlier send would be recognised.
    const check = fingerprint('check', 'sends.db');
    database.prepare(`INSERT OR IGNORE INTO meta VALUES ('key', ?)`).run(check);
    const { value } = database.prepare(`SELECT value FROM meta WHERE name = 'key'`).get() as {
      value: string;
    };
    if (value !== check) throw new Error('its file `key` belongs to another database');
  });
  return { database, fingerprint };
}

/** Runs `work` in a transaction with the write lock. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

export type Sql = (text: string) => StatementSync;

export function statements(database: DatabaseSync): Sql {
  const prepared = new Map<string, StatementSync>();
  return (text) => {
    const statement = prepared.get(text) ?? database.prepare(text);
    prepared.set(text, statement);
    return statement;
  };
}
