import { closeSync, constants, fsyncSync, lstatSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { assertStateFile, openStateFile } from '@spendwise/sandbox/foundation';

/** Not named `ledger…`: a command that deletes `ledger*` must leave this file. */
const MARK = 'texting-since';

/** True if this state folder ever had a ledger. Throws NotConfigured if others may write the mark, or it is a link. */
export function hadLedger(stateDir: string): boolean {
  const mark = join(stateDir, MARK);
  assertStateFile(mark);
  return lstatSync(mark, { throwIfNoEntry: false }) !== undefined;
}

/** Marks the folder. Called when the ledger is complete on disk and still empty. */
export function markBegun(stateDir: string): void {
  if (hadLedger(stateDir)) return;
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const file = openStateFile(join(stateDir, MARK), O_APPEND | O_CREAT | O_WRONLY);
  if (file === undefined) return;
  try {
    writeSync(
      file,
      `${new Date().toISOString()}: a ledger was begun here. Without it SpendWise sends nothing.\n`,
    );
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Called when the user accepts that texts may be sent again: renames the old ledger, so that the next one starts empty.
 */
export function putLedgerAside(stateDir: string, ledger: string): string | undefined {
  const aside = `${ledger}.${new Date().toISOString().replace(/\W/g, '')}.old`;
  // SQLite would apply a journal that is left behind to the new file.
  for (const part of ['', '-journal']) {
    if (statSync(`${ledger}${part}`, { throwIfNoEntry: false }) !== undefined)
      renameSync(`${ledger}${part}`, `${aside}${part}`);
  }
  rmSync(join(stateDir, MARK), { force: true });
  return statSync(aside, { throwIfNoEntry: false }) && aside;
}
