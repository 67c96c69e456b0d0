import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openForWriting } from '../../../agent/spending/database.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { REPO } from '../../support/run.ts';
import { inTurns, type Sample, timed } from './measure.ts';
import { type Row, row } from './rows.ts';
import { bareNode } from './starts.ts';

const ROUNDS = 15;
const MANY = 10_000_000;

/** Whole processes of the command line, from start to end. Making the large database takes half a minute. */
export async function commandLineRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'command-line-bench-'));
  const small = join(folder, 'small.db');
  const large = join(folder, 'large.db');
  try {
    for (const path of [small, large])
      writeSeed(path, originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
    addTransactions(large, MANY);
    const { node, version, few, many } = await inTurns(ROUNDS, {
      node: bareNode,
      version: spendwise(['--version']),
      few: spendwise(['status'], small),
      many: spendwise(['status'], large),
    });
    return [
      row('spendwise --version', version, { aim: 2.2, baseline: ['bare Node start', node] }),
      row('spendwise status', few, { aim: 1.3, baseline: ['--version', version] }),
      row(`spendwise status, ${MANY / 1e6} million transactions`, many, {
        aim: 1.3,
        baseline: ['--version', version],
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function spendwise(args: readonly string[], database = ''): Sample {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, SPENDWISE_DB: database };
  return timed(async () => {
    const child = spawn(process.execPath, [`${REPO}agent/spendwise.js`, ...args], { env, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`spendwise ${args.join(' ')} ended with ${code}`);
  });
}

/** Spread over ten years and all categories. Without what keeps a database safe meanwhile: a minute less. */
function addTransactions(path: string, count: number): void {
  const db = openForWriting(path);
  try {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('ignore_check_constraints = ON');
    db.pragma('foreign_keys = OFF');
    const indices = db
      .prepare<[], { name: string; sql: string }>(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'transactions' AND sql NOT NULL",
      )
      .all();
    for (const { name } of indices) db.exec(`DROP INDEX ${name}`);
    db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?),
         day(i, date) AS MATERIALIZED (SELECT i, date('now', -i || ' days') FROM n LIMIT 3650)
       INSERT INTO transactions (date, amount_minor, currency, category_id)
       SELECT date, -100 - n.i % 900, 'CHF', 1 + n.i % (SELECT count(*) FROM categories)
       FROM n JOIN day ON day.i = n.i % 3650`,
    ).run(count);
    for (const { sql } of indices) db.exec(sql);
  } finally {
    db.close();
  }
}
