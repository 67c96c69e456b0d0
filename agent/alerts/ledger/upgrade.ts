import type Database from 'better-sqlite3';

/** Turns a ledger of version 2 into one with the tables of `schema`. Its texts and snoozes stay. */
export function upgradeFrom2(ledger: Database.Database, schema: string): void {
  ledger.exec(`DROP INDEX one_alert; DROP INDEX one_text; DROP INDEX by_time;
    ALTER TABLE intents RENAME TO old_intents;
    ALTER TABLE snoozes RENAME TO old_snoozes;
    ${schema}
    INSERT INTO intents SELECT *, NULL, NULL FROM old_intents;
    INSERT INTO snoozes SELECT * FROM old_snoozes;
    DROP TABLE old_intents;
    DROP TABLE old_snoozes;`);
}
