import { spawn, spawnSync } from 'node:child_process';
import { once as event } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { REPO } from '../../support/run.ts';
import { run, spendwise } from './command-line.ts';
import { type Figures, inTurns, type Sample } from './measure.ts';
import { type Row, row } from './rows.ts';
import { peakWhile } from './rss.ts';
import { ofSize, SIZES } from './sizes.ts';

/** Beyond it once: a file of ten million rows takes a minute. */
const MANY = 1_000_000;
const MAX_MEGABYTES = 250;

/** The import of CSV against the shell of SQLite, which reads the same file into a table without index or checks. */
export async function importRows(missing: (line: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'import-bench-'));
  const [file, database, theirs] = [
    join(folder, 'bank.csv'),
    join(folder, 'spendwise.db'),
    join(folder, 't.db'),
  ];
  const importing = afterwards(
    () => household(database),
    spendwise(['import', file, '--json', '--account', 'Main'], database),
  );
  const again = spendwise(['import', file, '--json', '--account', 'Main'], database);
  const sqlite = afterwards(
    () => rmSync(theirs, { force: true }),
    run('sqlite3', [theirs, `.import --csv ${file} bank`]),
  );
  const rows: Row[] = [];
  try {
    if (spawnSync('sqlite3', ['--version']).error !== undefined) {
      missing('no rows of import: install sqlite3, what they are compared with');
      return [];
    }
    for (const size of SIZES) {
      writeBankFile(file, size);
      const samples = { ours: importing, baseline: sqlite };
      const { ours, baseline } = size > MANY ? await once(samples) : await inTurns(2, samples);
      const against = { baseline: ['sqlite3 .import', baseline] } as const;
      const aim = size === MANY ? { aim: 4 } : {};
      rows.push(row(ofSize('spendwise import', size, 'rows of CSV'), ours, { ...against, ...aim }));
      if (size !== MANY) continue;
      const repeated = await inTurns(1, { again });
      rows.push(row(ofSize('spendwise import again', size, 'rows of CSV'), repeated.again, against));
      rows.push(await memoryRow(file, database));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const afterwards =
  (prepare: () => void, sample: Sample): Sample =>
  () => {
    prepare();
    return sample();
  };

const once = async (
  samples: Record<'ours' | 'baseline', Sample>,
): Promise<Record<'ours' | 'baseline', Figures>> => ({
  ours: { p50: await samples.ours(), p99: undefined },
  baseline: { p50: await samples.baseline(), p99: undefined },
});

function household(database: string): void {
  rmSync(database, { force: true });
  writeSeed(database, originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
}

async function memoryRow(file: string, database: string): Promise<Row> {
  household(database);
  const child = spawn(process.execPath, [`${REPO}agent/spendwise.js`, 'import', file, '--json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, SPENDWISE_DB: database },
    stdio: 'ignore',
  });
  const [peak = 0] = await peakWhile([child.pid ?? 0], () => event(child, 'exit').then(() => {}));
  const figures = { p50: peak / 1e6, p99: undefined };
  const limit = { p50: MAX_MEGABYTES, p99: undefined };
  return row(ofSize('memory of spendwise import', MANY, 'rows of CSV'), figures, {
    unit: 'MB',
    aim: 1,
    baseline: ['limit', limit],
  });
}

/** Ten years of one account, in order, as a bank exports them. */
function writeBankFile(path: string, rows: number): void {
  const file = openSync(path, 'w');
  const first = Temporal.PlainDate.from('2016-01-01');
  let text = 'Date,Description,Merchant,Amount,Currency\n';
  let [day, date] = [-1, ''];
  for (let at = 0; at < rows; at += 1) {
    const next = Math.floor((at * 3650) / rows);
    if (next !== day) [day, date] = [next, first.add({ days: next }).toString()];
    text += `${date},"Card payment ${at}, Zurich",Merchant ${at % 997},-${at % 900}.${10 + (at % 90)},CHF\n`;
    if (text.length < 1e6 && at < rows - 1) continue;
    writeSync(file, text);
    text = '';
  }
  closeSync(file);
}
