/** The ledger as version 1 made it, word for word. */
export const VERSION_1 = `CREATE TABLE intents (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('alert', 'text')),
  state        TEXT NOT NULL CHECK (state IN ('reserved', 'sending', 'sent', 'failed', 'unknown')),
  tool         TEXT NOT NULL,
  -- Of an alert: the database, the budget in it, its period, what set it off, and the figures that it gives.
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
  -- Of a text: number of the window in which the same one goes out once.
  window       INTEGER,
  sid          TEXT,
  reason       TEXT,
  reserved_ms  INTEGER NOT NULL,
  sending_ms   INTEGER,
  settled_ms   INTEGER,
  owner        TEXT NOT NULL,
  CHECK ((kind = 'alert') = (threshold IS NOT NULL AND category IS NOT NULL AND window IS NULL)),
  CHECK ((state IN ('reserved', 'sending')) = (settled_ms IS NULL)),
  CHECK (sid IS NULL OR state = 'sent')
) STRICT;

CREATE UNIQUE INDEX one_alert ON intents (database, category, currency, period, period_start, threshold)
  WHERE kind = 'alert' AND state <> 'failed';
CREATE UNIQUE INDEX one_text ON intents (recipient, body, window)
  WHERE kind = 'text' AND state <> 'failed';
CREATE INDEX by_time ON intents (reserved_ms);

-- No category: all budgets of the database.
CREATE TABLE snoozes (
  database TEXT NOT NULL,
  category TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (database, category)
) STRICT;
PRAGMA application_id = 0x5350574c;
PRAGMA user_version = 1;
`;
