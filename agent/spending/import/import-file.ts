import { setImmediate as turn } from 'node:timers/promises';
import type { SpendingDatabase } from '../database.ts';
import { TextOfBytes } from './decode.ts';
import { type Imported, type ImportWish, OpenImport } from './open-import.ts';
import type { Recognized } from './recognize.ts';
import type { Source } from './source.ts';
import type { BadEntry } from './statement.ts';

export interface HowToImport extends Omit<ImportWish, 'file' | 'format'> {
  readonly dryRun: boolean;
  readonly skipBadRows: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (read: number, size: number) => void;
}

export interface BadRows {
  readonly total: number;
  /** The first ones. */
  readonly rows: readonly BadEntry[];
}

export type Outcome =
  | { readonly ok: true; readonly imported: Imported; readonly bad: BadRows }
  /** Nothing was written. */
  | { readonly ok: false; readonly bad: BadRows };

/** More tell nobody more. */
const MAX_SHOWN = 20;

/**
 * Imports a file: all of it in one transaction, or nothing. Bad rows refuse the file, unless they are skipped. Throws
 * NotAStatement, UsageError, and what SQLite throws; nothing has happened then.
 */
export async function importFile(
  db: SpendingDatabase,
  source: Source,
  recognized: Recognized,
  how: HowToImport,
): Promise<Outcome> {
  // Nobody else writes until it is done: two imports of one file would both find that it is new.
  db.exec('BEGIN IMMEDIATE');
  try {
    const outcome = await read(db, source, recognized, how);
    db.exec(outcome.ok && !how.dryRun ? 'COMMIT' : 'ROLLBACK');
    return outcome;
  } finally {
    // SQLite itself has rolled back if the disk was full.
    if (db.inTransaction) db.exec('ROLLBACK');
  }
}

async function read(
  db: SpendingDatabase,
  source: Source,
  { format, encoding, reader: readerFor }: Recognized,
  how: HowToImport,
): Promise<Outcome> {
  const opened = new OpenImport(db, { ...how, file: source.name.slice(0, 200), format });
  const rows: BadEntry[] = [];
  let total = 0;
  const bad = (row: BadEntry) => {
    total += 1;
    if (rows.length < MAX_SHOWN) rows.push(row);
  };
  const reader = readerFor(how.currency ?? '', {
    bad,
    entry: (entry) => {
      if (total > 0 && !how.skipBadRows) return;
      const reason = opened.write(entry);
      if (reason !== undefined) bad({ line: entry.line, reason });
    },
  });
  const text = new TextOfBytes(encoding);
  let done = 0;
  for (const bytes of source.parts()) {
    reader.push(text.push(bytes));
    done += bytes.length;
    how.onProgress?.(done, source.size);
    await turn();
    how.signal?.throwIfAborted();
  }
  reader.push(text.end());
  reader.end();
  const all = { total, rows };
  return total > 0 && !how.skipBadRows
    ? { ok: false, bad: all }
    : { ok: true, imported: opened.finish(), bad: all };
}
