import { basename } from 'node:path';
import { assertOwnRuns, runLogs, walkLog } from '@spendwise/sandbox/audit';
import { Failed, SpendwiseError } from '@spendwise/sandbox/errors';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { runIds } from '../../../runs/files.ts';
import { type RecordedRun, readStart } from '../../../runs/read.ts';
import { textsOf } from '../outcome.ts';
import type { Story } from '../story.ts';
import type { LogOfRun } from './log-of-run.ts';
import { storyOf } from './story-of.ts';

/** The story of a recorded run, from the state folder. Throws NotConfigured if others may write there. */
export function storyOfRun(stateDir: string, run: RecordedRun): Story {
  const ledger = readLedger(stateDir, run);
  return storyOf({ run, log: logOf(stateDir, run), ...ledger });
}

/** The texts of a recorded run, as its page has them. `gaps` say what could not be read. */
export function textsOfRun(stateDir: string, run: RecordedRun) {
  const { rows, gaps } = readLedger(stateDir, run);
  return { ...textsOf(storyOf({ run, log: 'not read', rows, gaps })), gaps };
}

function logOf(stateDir: string, { id, start }: RecordedRun): LogOfRun | string {
  if (start?.audit === undefined) return 'the record does not say which audit log is its own';
  const { log, lines } = start.audit;
  assertOwnRuns(stateDir);
  // By its name in the folder alone: somebody may have changed the record.
  const file = runLogs(stateDir).find((one) => basename(one) === log);
  if (file === undefined) return 'its audit log is not in the state folder';
  const others = runIds(stateDir).flatMap((other) => {
    const audit = other === id ? undefined : startOf(stateDir, other)?.audit;
    return audit?.log === log ? [{ id: other, lines: audit.lines }] : [];
  });
  const isLater = (other: (typeof others)[number]) =>
    other.lines > lines || (other.lines === lines && other.id > id);
  const later = others.filter(isLater);
  return {
    file,
    from: lines,
    until: Math.min(...later.map((other) => other.lines)),
    isFirst: later.length === others.length,
    walk: (onLine) => walkLog(file, onLine),
  };
}

function startOf(stateDir: string, id: string) {
  try {
    return readStart(stateDir, id);
  } catch (error) {
    if (error instanceof Failed) return undefined;
    throw error;
  }
}

/** A run that broke off has no end: its texts were reserved within this time. */
const LONGEST_MS = 60 * 60_000;

function readLedger(
  stateDir: string,
  { start, end }: RecordedRun,
): { rows: readonly IntentRow[]; gaps: readonly string[] } {
  if (start === undefined) return { rows: [], gaps: [] };
  let ledger: Ledger | undefined;
  try {
    ledger = Ledger.openIfThere(stateDir);
    const from = new Date(start.time);
    const to = end ? new Date(end.time) : new Date(from.getTime() + LONGEST_MS);
    return { rows: ledger?.between(from, to) ?? [], gaps: [] };
  } catch (error) {
    if (!(error instanceof SpendwiseError)) throw error;
    return { rows: [], gaps: [`texts are shown without the ledger: ${error.message}`] };
  } finally {
    ledger?.close();
  }
}
