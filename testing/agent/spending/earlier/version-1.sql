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
  pending      INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1))
) STRICT;

-- Holds all columns of a budget query, which then never reads the table. Older databases have the first two columns
-- only: same results, slower for a year's budget.
CREATE INDEX transactions_by_category
  ON transactions (category_id, date, currency, transfer, amount_minor, pending);
CREATE INDEX transactions_by_date ON transactions (date);
