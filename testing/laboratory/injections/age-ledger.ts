import Database from 'better-sqlite3';
import { ledgerFile } from '../../../agent/alerts/ledger/ledger-file.ts';

const TWO_DAYS_MS = 2 * 24 * 3_600_000;

/** What was sent was sent two days earlier: an hour's texts are of one household, and dozens share a ledger here. */
export function ageLedger(stateDir: string): void {
  const db = new Database(ledgerFile(stateDir));
  try {
    db.prepare('UPDATE intents SET reserved_ms = reserved_ms - ?').run(TWO_DAYS_MS);
  } finally {
    db.close();
  }
}
