import type Database from 'better-sqlite3';
import { seedDigest } from './seed/digest.ts';

/** A numbered step from the version before. Runs in a transaction, without foreign keys. */
interface Migration {
  readonly to: number;
  readonly run: (db: Database.Database) => void;
}

/** In order. A step that was released never changes: schema.sql is what all of them together make of version 1. */
const MIGRATIONS: readonly Migration[] = [{ to: 2, run: accountsAndImports }];

export const SCHEMA_VERSION = 2;

export function migrate(db: Database.Database, from: number): void {
  // A seed stays a seed: it may be written over.
  const seeded = seedDigest.matches(db);
  for (const { to, run } of MIGRATIONS) if (to > from) run(db);
  db.pragma(`user_version = ${SCHEMA_VERSION}`);
  if (seeded) seedDigest.write(db);
}

function accountsAndImports(db: Database.Database): void {
  db.exec(`
    CREATE TABLE accounts (
      id     INTEGER PRIMARY KEY,
      name   TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
      number TEXT UNIQUE
    ) STRICT;
    INSERT INTO accounts (id, name) VALUES (1, 'Main');
    CREATE TABLE imports (
      id          INTEGER PRIMARY KEY AUTOINCREMENT,
      imported_at TEXT NOT NULL,
      file        TEXT NOT NULL,
      format      TEXT NOT NULL,
      date_from   TEXT,
      date_to     TEXT,
      added       INTEGER NOT NULL DEFAULT 0,
      account_id  INTEGER REFERENCES accounts (id)
    ) STRICT;
    CREATE TABLE import_profiles (
      name    TEXT PRIMARY KEY,
      profile TEXT NOT NULL
    ) STRICT;
    CREATE TABLE rules (
      id          INTEGER PRIMARY KEY,
      position    INTEGER NOT NULL,
      field       TEXT NOT NULL CHECK (field IN ('merchant', 'description', 'any')),
      how         TEXT NOT NULL CHECK (how IN ('contains', 'whole', 'pattern')),
      text        TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
      direction   TEXT CHECK (direction IN ('in', 'out')),
      account_id  INTEGER REFERENCES accounts (id),
      category_id INTEGER REFERENCES categories (id),
      transfer    INTEGER NOT NULL DEFAULT 0 CHECK (transfer IN (0, 1)),
      CHECK (category_id IS NOT NULL OR transfer)
    ) STRICT;
    ALTER TABLE transactions ADD COLUMN account_id INTEGER NOT NULL DEFAULT 1 REFERENCES accounts (id);
    ALTER TABLE transactions ADD COLUMN category_by TEXT NOT NULL DEFAULT 'hand'
      CHECK (category_by IN ('hand', 'rule', 'file', 'default'));
    ALTER TABLE transactions ADD COLUMN import_id INTEGER REFERENCES imports (id);
    ALTER TABLE transactions ADD COLUMN bank_id TEXT;
    ALTER TABLE transactions ADD COLUMN content TEXT;
    ALTER TABLE transactions ADD COLUMN occurrence INTEGER;
    ALTER TABLE transactions ADD COLUMN suspect_of INTEGER REFERENCES transactions (id) ON DELETE SET NULL;
    CREATE TABLE sightings (
      transaction_id INTEGER NOT NULL REFERENCES transactions (id) ON DELETE CASCADE,
      import_id      INTEGER NOT NULL REFERENCES imports (id),
      date           TEXT,
      amount_minor   INTEGER,
      currency       TEXT,
      merchant       TEXT,
      description    TEXT,
      pending        INTEGER,
      account_id     INTEGER,
      bank_id        TEXT,
      content        TEXT,
      occurrence     INTEGER,
      PRIMARY KEY (transaction_id, import_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sightings_by_content ON sightings (account_id, content, occurrence) WHERE content IS NOT NULL;
    CREATE TABLE removed (
      account_id INTEGER NOT NULL REFERENCES accounts (id),
      bank_id    TEXT,
      content    TEXT NOT NULL,
      occurrence INTEGER NOT NULL,
      pending    INTEGER NOT NULL,
      PRIMARY KEY (account_id, content, occurrence)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX removed_by_bank_id ON removed (account_id, bank_id) WHERE bank_id IS NOT NULL;
    -- Early databases of version 1 have an index of two columns by this name.
    DROP INDEX IF EXISTS transactions_by_category;
    CREATE INDEX transactions_by_category
      ON transactions (category_id, date, currency, transfer, amount_minor, pending);
    CREATE UNIQUE INDEX transactions_by_bank_id ON transactions (account_id, bank_id) WHERE bank_id IS NOT NULL;
    CREATE UNIQUE INDEX transactions_by_content ON transactions (account_id, content, occurrence) WHERE content IS NOT NULL;
    CREATE INDEX transactions_by_pending ON transactions (date) WHERE pending = 1;
    CREATE INDEX transactions_by_suspicion ON transactions (suspect_of) WHERE suspect_of IS NOT NULL;
  `);
}
