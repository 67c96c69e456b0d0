import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { joined, ours, type Shown } from '@spendwise/sandbox/shown';
import { loadEnvironment } from '../../../settings/environment.ts';
import { openToRead } from '../../../spending/database.ts';
import { explain } from '../../../spending/database-unusable.ts';
import { accountNamed } from '../../../spending/household/accounts.ts';
import { allTransactions, type ExportedTransaction } from '../../../spending/household/all-transactions.ts';
import { ownDatabase } from '../../own-database.ts';
import { CSV_HEADER, csvRow } from './csv.ts';
import { JOURNAL_HEADER, journalWriter } from './journal.ts';

export interface ExportFlags {
  readonly format: 'csv' | 'json' | 'hledger';
  readonly from?: Temporal.PlainDate;
  readonly to?: Temporal.PlainDate;
  readonly account?: string;
  /** Whatever the format. */
  readonly json: boolean;
}

/** `spendwise export`: transactions to stdout, as they are read. */
export async function exportTransactions({ from, to, account, ...how }: ExportFlags): Promise<void> {
  const format = how.json ? 'json' : how.format;
  const path = ownDatabase(loadEnvironment());
  const db = openToRead(path);
  try {
    const accountId = account === undefined ? undefined : accountNamed(db, account).id;
    const rows = allTransactions(db, { from: from?.toString(), to: to?.toString(), accountId });
    await writeAll(format === 'json' ? asJson(rows) : asLines(format, rows));
  } catch (error) {
    throw explain(error, path);
  } finally {
    db.close();
  }
}

function* asJson(rows: Iterable<ExportedTransaction>): Generator<Shown> {
  let between = ours`{"transactions":[\n`;
  for (const { kind: _, ...row } of rows) {
    yield ours`${between}${jsonLine(row)}`;
    between = ours`,\n`;
  }
  yield between === ours`,\n` ? ours`\n]}\n` : ours`{"transactions":[]}\n`;
}

function* asLines(format: 'csv' | 'hledger', rows: Iterable<ExportedTransaction>): Generator<Shown> {
  const write = format === 'csv' ? csvRow : journalWriter();
  yield ours`${format === 'csv' ? CSV_HEADER : JOURNAL_HEADER}\n`;
  for (const row of rows) yield ours`${write(row)}\n`;
}

const CHUNK = 64 * 1024;

/** Waits for a slow reader, and notices one that is gone. */
async function writeAll(parts: Iterable<Shown>): Promise<void> {
  let chunk: Shown[] = [];
  let length = 0;
  const flush = () => {
    out.write(joined(chunk, ''));
    [chunk, length] = [[], 0];
  };
  for (const part of parts) {
    chunk.push(part);
    length += part.length;
    if (length < CHUNK) continue;
    flush();
    await (process.stdout.writableNeedDrain ? once(process.stdout, 'drain') : turn());
  }
  flush();
}
