import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { REPO } from '../../support/run.ts';
import { run, spendwise } from './command-line.ts';
import { inTurns, type Sample } from './measure.ts';
import { type Row, row } from './rows.ts';
import { makeDatabase, ofSize } from './sizes.ts';

const ROUNDS = 5;
const SIZE = 200_000;
/** hledger reads nothing else without it. */
const UTF_8 = { LANG: 'C.UTF-8' };
const TABLE = `SELECT t.*, c.name, a.name FROM transactions t JOIN categories c ON c.id = t.category_id
  JOIN accounts a ON a.id = t.account_id ORDER BY t.date, t.id`;

/** `status` and `export` against programs of Debian that do the like, on the same transactions. */
export async function bookkeepingRows(missing: (line: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bookkeeping-bench-'));
  const [database, journal] = [join(folder, 'spendwise.db'), join(folder, 'all.journal')];
  try {
    makeDatabase(database, SIZE);
    await exportJournal(database, journal);
    const theirs: Record<string, Sample> = {
      'hledger balance': run('hledger', ['-f', journal, 'balance'], UTF_8),
      'ledger balance': run('ledger', ['-f', journal, 'balance'], UTF_8),
      'sqlite3 -csv': run('sqlite3', ['-csv', database, TABLE]),
    };
    for (const name of Object.keys(theirs)) {
      const [program = ''] = name.split(' ');
      if (spawnSync(program, ['--version']).error === undefined) continue;
      delete theirs[name];
      missing(`no row against ${name}: install ${program}`);
    }
    const figures = await inTurns<string>(ROUNDS, {
      status: spendwise(['status'], database),
      'export --format csv': spendwise(['export', '--format', 'csv'], database),
      'export --format hledger': spendwise(['export', '--format', 'hledger'], database),
      ...theirs,
    });
    return [
      ['status', 'hledger balance'],
      ['status', 'ledger balance'],
      ['export --format csv', 'sqlite3 -csv'],
      ['export --format hledger', 'sqlite3 -csv'],
    ].flatMap(([command = '', other = '']) => {
      const [ours, baseline] = [figures[command], figures[other]];
      if (ours === undefined || baseline === undefined) return [];
      return [row(ofSize(`spendwise ${command}`, SIZE), ours, { baseline: [other, baseline] })];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function exportJournal(database: string, to: string): Promise<void> {
  const args = [`${REPO}agent/spendwise.js`, 'export', '--format', 'hledger'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SPENDWISE_DB: database },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await pipeline(child.stdout, createWriteStream(to));
  const [code] = await ended;
  if (code !== 0) throw new Error(`the export ended with ${code}`);
}
