import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { makeDatabaseFile } from './database-file.ts';
import {
  ChangeHalfDone,
  DatabaseMissing,
  DatabaseUnusable,
  explain,
  explained,
  hasJournal,
} from './database-unusable.ts';
import { SCHEMA_VERSION } from './migrations.ts';
import { timeZoneNamed } from './periods.ts';

export type SpendingDatabase = Database.Database;

/** "SPWS" in the file's header: this is our database. */
export const APPLICATION_ID = 0x53505753;
const BUSY_TIMEOUT_MS = 2_000;

const SCHEMA = new URL('./schema.sql', import.meta.url);

/** Opens an existing database read-only. Throws DatabaseUnusable if it is missing, locked, damaged or not ours. */
function openReadOnly(path: string): SpendingDatabase {
  if (!existsSync(path)) {
    throw new DatabaseMissing(
      `there is no database at ${path}`,
      'run `spendwise init`, or `spendwise seed` for demo data',
    );
  }
  return open(path, { readonly: true, fileMustExist: true }, (db) => {
    if (isEmpty(db)) {
      throw new DatabaseMissing(
        `the database at ${path} is empty`,
        'run `spendwise init`, or `spendwise seed` for demo data',
      );
    }
    assertOurs(db, path);
  });
}

/** Opens the database read-only, runs `query`, and closes it. Throws DatabaseUnusable. */
export function readDatabase<T>(path: string, query: (db: SpendingDatabase) => T): T {
  const db = openToRead(path);
  try {
    return explained(path, () => query(db));
  } finally {
    db.close();
  }
}

/** Opens the database and runs `change` in one transaction: all of it takes effect, or nothing. Throws DatabaseUnusable. */
export function changeDatabase<T>(path: string, change: (db: SpendingDatabase) => T): T {
  // Opening it for writing would create one.
  readDatabase(path, () => {});
  const db = openForWriting(path);
  try {
    return explained(path, () => db.transaction(() => change(db)).immediate());
  } finally {
    db.close();
  }
}

/** Read-only, for the caller to close. Rolls back an incomplete write first, if the file is writable. Throws DatabaseUnusable. */
export function openToRead(path: string): SpendingDatabase {
  try {
    return openReadOnly(path);
  } catch (error) {
    if (!(error instanceof ChangeHalfDone) || !writable(path)) throw error;
    openForWriting(path).close();
    return openReadOnly(path);
  }
}

/**
 * Rolls back an incomplete write, for sandboxes that hold the database file only: without the journal they would read a
 * mix of old and new. Cheap if there is nothing to do. True if there was one.
 */
export function takeBackHalfChange(path: string): boolean {
  if (!hasJournal(path) || !writable(path)) return false;
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const before = commitsOf(file);
    const db = open(path, { fileMustExist: true }, isEmpty);
    try {
      db.pragma('busy_timeout = 0');
      // From here on nobody else is writing.
      db.exec('BEGIN IMMEDIATE');
      const committed = commitsOf(file) > before;
      // A change of nothing. It clears the journal of a program that was killed before it touched the file.
      if (hasJournal(path) && isOurs(db)) db.pragma(`user_version = ${versionOf(db)}`);
      db.exec('COMMIT');
      return !committed;
    } finally {
      db.close();
    }
  } catch {
    // A program is writing, or the file is damaged: the next reader reports that.
    return false;
  } finally {
    // Not earlier: with a descriptor, a process gives up its locks on the file.
    if (file !== undefined) closeSync(file);
  }
}

/** How often the file was changed: a number in its header. */
function commitsOf(file: number): number {
  const header = Buffer.alloc(28);
  readSync(file, header, 0, header.length, 0);
  return header.readUInt32BE(24);
}

/** Opens a database for writing, and creates file and folder if they are missing. Throws DatabaseUnusable. */
export function openForWriting(path: string): SpendingDatabase {
  try {
    mkdirSync(dirname(path), { recursive: true });
    makeDatabaseFile(path);
  } catch (error) {
    throw new DatabaseUnusable(`cannot create ${path}`, 'set SPENDWISE_DB to a path you can write', error);
  }
  return open(path, {}, (db) => {
    if (!isEmpty(db)) assertOurs(db, path);
    // Not WAL: a sandbox holds the database file only, and would miss the log.
    db.pragma('journal_mode = DELETE');
    db.pragma('foreign_keys = ON');
  });
}

export const isEmpty = (db: SpendingDatabase): boolean =>
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;

/** Creates the tables. Call in a transaction, on an empty database. */
export function createSchema(db: SpendingDatabase): void {
  db.exec(readFileSync(SCHEMA, 'utf8'));
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${SCHEMA_VERSION}`);
}

export const readSetting = (db: SpendingDatabase, name: string): string | undefined =>
  db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck().get(name) as
    | string
    | undefined;

/** The time zone of all dates (IANA name). Throws DatabaseUnusable if it does not exist. */
export function timeZoneOf(db: SpendingDatabase): string {
  const name = readSetting(db, 'time_zone') ?? Temporal.Now.timeZoneId();
  const zone = timeZoneNamed(name);
  if (zone !== undefined) return zone;
  throw new DatabaseUnusable(
    `the database's time zone "${name}" does not exist`,
    'correct it in its settings table',
  );
}

export function open(
  path: string,
  options: Database.Options,
  check: (db: SpendingDatabase) => void,
): SpendingDatabase {
  let db: SpendingDatabase | undefined;
  try {
    if (existsSync(path) && statSync(path).isDirectory()) {
      throw new DatabaseUnusable(`${path} is a folder, not a database`, 'set SPENDWISE_DB to a file');
    }
    db = new Database(path, { ...options, timeout: BUSY_TIMEOUT_MS });
    check(db);
    return db;
  } catch (error) {
    db?.close();
    throw explain(error, path);
  }
}

function assertOurs(db: SpendingDatabase, path: string): void {
  if (!isOurs(db)) {
    throw new DatabaseUnusable(`${path} is another program's database`, 'set SPENDWISE_DB to another path');
  }
  const version = versionOf(db);
  if (version === SCHEMA_VERSION) return;
  throw new DatabaseUnusable(
    `${path} has schema version ${version}; this SpendWise uses ${SCHEMA_VERSION}`,
    version < SCHEMA_VERSION
      ? 'run `spendwise status` as a user who may write there: it upgrades the database'
      : 'a newer SpendWise wrote it: use that one',
  );
}

export const isOurs = (db: SpendingDatabase): boolean =>
  db.pragma('application_id', { simple: true }) === APPLICATION_ID;

export const versionOf = (db: SpendingDatabase): number =>
  Number(db.pragma('user_version', { simple: true }));

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
