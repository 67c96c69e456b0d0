import type Database from 'better-sqlite3';

/** The settings row that marks a seeded database. */
const NAME = 'seed_digest';

/** In the order in which they were made. */
export const tablesOf = (db: Database.Database): string[] =>
  db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid",
    )
    .pluck()
    .all();

/** A digest of the schema and of all rows except its own, so that any change shows: then it is the user's own data. */
export const seedDigest = {
  matches(db: Database.Database): boolean {
    const kept = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck().get(NAME);
    return kept !== undefined && kept === digest(db);
  },
  write(db: Database.Database): void {
    db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)').run(NAME, digest(db));
  },
};

function digest(db: Database.Database): string {
  // Loaded here: it takes longer than all else that `status` does, which needs no digest.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  // Added tables, indexes and triggers count too.
  hash.update(
    JSON.stringify(db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2').raw().all()),
  );
  for (const table of tablesOf(db)) {
    const rows = db
      .prepare(`SELECT * FROM "${table.replaceAll('"', '""')}" ORDER BY 1`)
      .raw()
      .iterate();
    for (const row of rows as Iterable<unknown[]>)
      if (row[0] !== NAME) hash.update(`${table} ${JSON.stringify(row)}\n`);
  }
  return hash.digest('hex');
}
