import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ledgerFile } from '../../../agent/alerts/ledger/ledger-file.ts';
import type { Home } from './home.ts';

/**
 * What SQLite says against a ledger as a crash left it; undefined: nothing. Looks at a copy: opening it rolls
 * back what was not committed, and that is for the next run to do.
 */
export function ledgerProblem({ stateDir }: Home): string | undefined {
  const file = ledgerFile(stateDir);
  if (!existsSync(file)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'spendwise-crashes-ledger-'));
  try {
    const copy = join(folder, 'ledger.db');
    for (const part of ['', '-journal'])
      if (existsSync(`${file}${part}`)) copyFileSync(`${file}${part}`, `${copy}${part}`);
    const db = new Database(copy);
    try {
      const verdict = db.pragma('integrity_check', { simple: true });
      return verdict === 'ok' ? undefined : String(verdict);
    } finally {
      db.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
