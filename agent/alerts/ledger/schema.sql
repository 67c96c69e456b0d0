-- One row an intent to send a text. It is written before anything is sent and never deleted:
-- reserved → sending → sent | failed | unknown. `failed` means that certainly nothing went out.

CREATE TABLE intents (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('alert', 'text')),
  state        TEXT NOT NULL CHECK (state IN ('reserved', 'sending', 'sent', 'failed', 'unknown')),
  tool         TEXT NOT NULL,
  -- Of an alert: the database, the name it gave, its period, what set it off, and the figures that it gives.
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
  -- Of an alert: the rows of the budget and its category in that database. None: the row is older than these columns,
  -- and the budget is the one with the category's name.
  budget_id    INTEGER,
  category_id  INTEGER,
  CHECK ((kind = 'alert') = (threshold IS NOT NULL AND category IS NOT NULL AND window IS NULL)),
  CHECK ((state IN ('reserved', 'sending')) = (settled_ms IS NULL)),
  CHECK (sid IS NULL OR state = 'sent')
) STRICT;

-- Of a budget, its limit and its period. A renamed budget is the same one; after its limit was changed it is another.
CREATE UNIQUE INDEX one_alert
  ON intents (database, budget_id, category_id, limit_minor, currency, period, period_start, threshold)
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
