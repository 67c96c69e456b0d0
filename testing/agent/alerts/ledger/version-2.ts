/** The ledger as version 2 made it, word for word. */
export const VERSION_2 = `-- One row for each text. It is written before the text is sent, and never deleted: reserved → sending → sent | failed |
-- unknown. \`failed\` means that certainly nothing was sent.

CREATE TABLE intents (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('alert', 'text')),
  state        TEXT NOT NULL CHECK (state IN ('reserved', 'sending', 'sent', 'failed', 'unknown')),
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
  -- For an alert: row ids of budget and category. NULL in rows of version 1, which match by category name.
  budget_id    INTEGER,
  category_id  INTEGER,
  CHECK ((kind = 'alert') = (threshold IS NOT NULL AND category IS NOT NULL AND window IS NULL)),
  CHECK ((state IN ('reserved', 'sending')) = (settled_ms IS NULL)),
  CHECK (sid IS NULL OR state = 'sent')
) STRICT;

-- #region once
-- One alert for each budget, limit, period and threshold. A renamed budget is the same; a changed limit makes it
-- another.
CREATE UNIQUE INDEX one_alert
  ON intents (database, budget_id, category_id, limit_minor, currency, period, period_start, threshold)
  WHERE kind = 'alert' AND state <> 'failed';
CREATE UNIQUE INDEX one_text ON intents (recipient, body, window)
  WHERE kind = 'text' AND state <> 'failed';
-- #endregion
CREATE INDEX by_time ON intents (reserved_ms);

-- An empty category means all budgets of the database.
CREATE TABLE snoozes (
  database TEXT NOT NULL,
  category TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (database, category)
) STRICT;
PRAGMA application_id = 0x5350574c;
PRAGMA user_version = 2;
`;
