-- Version 2. Another program may read it: application_id is 0x53505753, user_version the version of these tables, and
-- migrations.ts says what changed. Open it read-only, and do not switch on WAL (README.md of this folder says why).
--
-- Money is in integer minor units of its currency (ISO 4217), dates are calendar dates (ISO 8601) in the
-- configured time zone. A transaction's amount is signed: negative is money out, a refund is money in.

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE categories (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
  kind TEXT NOT NULL CHECK (kind IN ('expense', 'income'))
) STRICT;

CREATE TABLE budgets (
  id          INTEGER PRIMARY KEY,
  category_id INTEGER NOT NULL REFERENCES categories (id),
  period      TEXT NOT NULL CHECK (period IN ('week', 'month', 'year')),
  limit_minor INTEGER NOT NULL CHECK (limit_minor >= 0),
  currency    TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
  UNIQUE (category_id, period, currency)
) STRICT;

CREATE TABLE accounts (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60),
  -- As the bank's files have it: an IBAN or account number.
  number TEXT UNIQUE
) STRICT;
INSERT INTO accounts (id, name) VALUES (1, 'Main');

-- A number is never used again, so that nobody undoes another import than they mean.
CREATE TABLE imports (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  imported_at TEXT NOT NULL,
  file        TEXT NOT NULL,
  format      TEXT NOT NULL,
  -- The first and the last day in the file.
  date_from   TEXT,
  date_to     TEXT,
  added       INTEGER NOT NULL DEFAULT 0,
  -- Of its rows. Null if they are of several.
  account_id  INTEGER REFERENCES accounts (id)
) STRICT;

-- How a CSV file is read (JSON), by name.
CREATE TABLE import_profiles (
  name    TEXT PRIMARY KEY,
  profile TEXT NOT NULL
) STRICT;

-- The first that matches a transaction, in order of position, chooses its category.
CREATE TABLE rules (
  id          INTEGER PRIMARY KEY,
  position    INTEGER NOT NULL,
  field       TEXT NOT NULL CHECK (field IN ('merchant', 'description', 'any')),
  how         TEXT NOT NULL CHECK (how IN ('contains', 'whole', 'pattern')),
  text        TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
  -- Only money in, or only money out.
  direction   TEXT CHECK (direction IN ('in', 'out')),
  account_id  INTEGER REFERENCES accounts (id),
  category_id INTEGER REFERENCES categories (id),
  transfer    INTEGER NOT NULL DEFAULT 0 CHECK (transfer IN (0, 1)),
  CHECK (category_id IS NOT NULL OR transfer)
) STRICT;

CREATE TABLE transactions (
  id           INTEGER PRIMARY KEY,
  date         TEXT NOT NULL CHECK (date IS date(date)),
  amount_minor INTEGER NOT NULL,
  currency     TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
  category_id  INTEGER NOT NULL REFERENCES categories (id),
  merchant     TEXT NOT NULL DEFAULT '',
  description  TEXT NOT NULL DEFAULT '',
  -- A transfer between own accounts is not spending.
  transfer     INTEGER NOT NULL DEFAULT 0 CHECK (transfer IN (0, 1)),
  -- Counted and marked: the bank may still change or remove it.
  pending      INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1)),
  account_id   INTEGER NOT NULL DEFAULT 1 REFERENCES accounts (id),
  -- A rule never changes a category that was chosen by hand.
  category_by  TEXT NOT NULL DEFAULT 'hand' CHECK (category_by IN ('hand', 'rule', 'file', 'default')),
  -- The import whose file says what the row says. What identifies the row in it: the bank's id, else a digest of what
  -- the file says, and which of the rows with this digest it is. A row whose digest is not that of its text was edited.
  import_id    INTEGER REFERENCES imports (id),
  bank_id      TEXT,
  content      TEXT,
  occurrence   INTEGER,
  -- Probably the same as this one, until the user says (`import --review`).
  suspect_of   INTEGER REFERENCES transactions (id) ON DELETE SET NULL
) STRICT;

-- Other imports whose files have the same transaction. If one says something else (it was pending then, or the bank
-- corrected it since), that is in the columns; otherwise they are null.
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

-- Imported transactions that the user removed: no import adds them again.
CREATE TABLE removed (
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  bank_id    TEXT,
  content    TEXT NOT NULL,
  occurrence INTEGER NOT NULL,
  -- It was pending: that the bank has booked it is news.
  pending    INTEGER NOT NULL,
  PRIMARY KEY (account_id, content, occurrence)
) STRICT, WITHOUT ROWID;
CREATE INDEX removed_by_bank_id ON removed (account_id, bank_id) WHERE bank_id IS NOT NULL;

-- Holds all columns of a budget query, which then never reads the table.
CREATE INDEX transactions_by_category
  ON transactions (category_id, date, currency, transfer, amount_minor, pending);
CREATE INDEX transactions_by_date ON transactions (date);
CREATE UNIQUE INDEX transactions_by_bank_id ON transactions (account_id, bank_id) WHERE bank_id IS NOT NULL;
CREATE UNIQUE INDEX transactions_by_content ON transactions (account_id, content, occurrence) WHERE content IS NOT NULL;
CREATE INDEX transactions_by_pending ON transactions (date) WHERE pending = 1;
CREATE INDEX transactions_by_suspicion ON transactions (suspect_of) WHERE suspect_of IS NOT NULL;
