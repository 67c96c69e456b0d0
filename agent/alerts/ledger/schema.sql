-- Version 3. One row for each text. It is written before the text is sent, and never deleted: reserved → sending → sent |
-- failed | unknown; sent → delivered | undelivered. `failed` means that certainly nothing was sent.

CREATE TABLE intents (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('alert', 'text')),
  state        TEXT NOT NULL
    CHECK (state IN ('reserved', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown')),
  tool         TEXT NOT NULL,
  -- For an alert: database, category name, period, threshold and figures.
  database     TEXT,
  category     TEXT,
  currency     TEXT,
  period       TEXT,
  period_start TEXT,
  threshold    TEXT,
  spent_minor  INTEGER,
  limit_minor  INTEGER,
  recipient    TEXT NOT NULL,
  body         TEXT NOT NULL,
  -- For a free text: the number of the time window in which the same text is sent once.
  window       INTEGER,
  sid          TEXT,
  reason       TEXT,
  reserved_ms  INTEGER NOT NULL,
  sending_ms   INTEGER,
  settled_ms   INTEGER,
  owner        TEXT NOT NULL,
  -- For an alert: row ids of budget and category.
  budget_id    INTEGER,
  category_id  INTEGER,
  -- For an alert: the least spending that a run saw later, if it was below the threshold.
  fell_minor   INTEGER,
  -- When Twilio was last asked whether it was delivered.
  checked_ms   INTEGER,
  CHECK ((kind = 'alert') = (threshold IS NOT NULL AND category IS NOT NULL AND window IS NULL)),
  CHECK ((state IN ('reserved', 'sending')) = (settled_ms IS NULL)),
  CHECK (sid IS NULL OR state IN ('sent', 'delivered', 'undelivered', 'failed'))
) STRICT;

-- #region once
-- One alert for each budget, limit, period and threshold, and one more after spending fell below the threshold. A
-- renamed budget is the same; a changed limit makes it another.
CREATE UNIQUE INDEX one_alert
  ON intents (database, budget_id, category_id, limit_minor, currency, period, period_start, threshold)
  WHERE kind = 'alert' AND state <> 'failed' AND fell_minor IS NULL;
CREATE UNIQUE INDEX one_text ON intents (recipient, body, window)
  WHERE kind = 'text' AND state <> 'failed';
-- #endregion
CREATE INDEX by_time ON intents (reserved_ms);

-- The budgets and periods that a run saw. After the period, at most one summary tells what was reached without an alert.
CREATE TABLE watched (
  database     TEXT NOT NULL,
  budget_id    INTEGER NOT NULL,
  category_id  INTEGER NOT NULL,
  limit_minor  INTEGER NOT NULL,
  currency     TEXT NOT NULL,
  period       TEXT NOT NULL,
  period_start TEXT NOT NULL,
  -- The text that tells it, and what that says. NULL again if the text failed.
  told_by      INTEGER REFERENCES intents (id),
  category     TEXT,
  threshold    TEXT,
  spent_minor  INTEGER,
  PRIMARY KEY (database, budget_id, category_id, limit_minor, currency, period, period_start)
) STRICT;

-- An empty category means all budgets of the database.
CREATE TABLE snoozes (
  database TEXT NOT NULL,
  category TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (database, category)
) STRICT;
