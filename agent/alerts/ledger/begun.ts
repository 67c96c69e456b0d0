import { closeSync, constants, fsyncSync, lstatSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { assertStateFile, openStateFile } from '@spendwise/sandbox/foundation';

/** Beside the ledger, and not named like it: what sweeps `ledger*` away leaves it. */
const MARK = 'texting-since';

/** Whether this state folder ever had a ledger. Throws NotConfigured when others may have said so, or it is a link. */
export function hadLedger(stateDir: string): boolean {
  const mark = join(stateDir, MARK);
  assertStateFile(mark);
  return lstatSync(mark, { throwIfNoEntry: false }) !== undefined;
}

/** Says so from now on. The ledger is whole by then, and has nothing in it before. */
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

/** A person's word that what was sent may go out again: puts the ledger aside, and the next one is a new one. */
export function putLedgerAside(stateDir: string, ledger: string): string | undefined {
  const aside = `${ledger}.${new Date().toISOString().replace(/\W/g, '')}.old`;
  // The journal goes with it: beside a new file it would be taken for that one's.
  for (const part of ['', '-journal']) {
    if (statSync(`${ledger}${part}`, { throwIfNoEntry: false }) !== undefined)
      renameSync(`${ledger}${part}`, `${aside}${part}`);
  }
  rmSync(join(stateDir, MARK), { force: true });
  return statSync(aside, { throwIfNoEntry: false }) && aside;
}
