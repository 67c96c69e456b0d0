import { openForWriting } from '../../../agent/spending/database.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';

/** Of the tables that show how a cost grows. */
export const SIZES = [10_000, 100_000, 1_000_000, 10_000_000] as const;

/** Names a row of such a table: "spendwise status, 10 million transactions". */
export const ofSize = (what: string, count: number, things = 'transactions'): string =>
  `${what}, ${count >= 1e6 ? `${count / 1e6} million` : `${count / 1e3} thousand`} ${things}`;

/**
 * A household with this many transactions: spread over ten years, all categories and ten thousand merchants.
 * Made without what keeps a database safe meanwhile: for ten million half a minute.
 */
export function makeDatabase(path: string, count: number): void {
  writeSeed(path, originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
  const db = openForWriting(path);
  try {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('ignore_check_constraints = ON');
    db.pragma('foreign_keys = OFF');
    const indices = db
      .prepare<[], { name: string; sql: string }>(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'transactions' AND sql NOT NULL",
      )
      .all();
    for (const { name } of indices) db.exec(`DROP INDEX ${name}`);
    db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?),
         day(i, date) AS MATERIALIZED (SELECT i, date('now', -i || ' days') FROM n LIMIT 3650)
       INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, description)
       SELECT date, -100 - n.i % 900, 'CHF', 1 + n.i % (SELECT count(*) FROM categories),
         'Shop ' || (n.i * 7919 % 10007), 'Card payment ' || n.i
       FROM n JOIN day ON day.i = n.i % 3650`,
    ).run(count);
    for (const { sql } of indices) db.exec(sql);
  } finally {
    db.close();
  }
}
