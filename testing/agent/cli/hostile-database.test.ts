import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openForWriting } from '../../../agent/spending/database.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { OBEYED_OR_HIDDEN } from '../../support/hostile-text.ts';
import { spendwiseHere } from '../../support/in-process.ts';

/** Another program wrote it: no import or command of ours would. */
const HOSTILE = `\u001b]0;x\u0007\u001b[2J\u202egnp\u2066\u200b\u0000\u009b31m\u2028\u{e0041}"\r\n${'A'.repeat(100_000)}`;

function hostileHousehold() {
  const folder = temporaryFolder();
  const database = join(folder, 'spendwise.db');
  writeSeed(database, originalScenario(Temporal.Now.plainDateISO()), 'Europe/Zurich');
  const db = openForWriting(database);
  try {
    db.pragma('ignore_check_constraints = ON');
    const run = (sql: string) => db.prepare(sql).run({ text: HOSTILE });
    run('UPDATE categories SET name = name || @text');
    run('INSERT INTO imports (imported_at, file, format) VALUES (@text, @text, @text)');
    run('UPDATE accounts SET name = @text, number = @text');
    run('UPDATE transactions SET merchant = merchant || @text, description = @text, import_id = 1');
    run('UPDATE transactions SET suspect_of = 1 WHERE id = 2');
    run(
      "INSERT INTO rules (position, field, how, text, category_id) VALUES (1, 'any', 'contains', @text, 1)",
    );
  } finally {
    db.close();
  }
  return { SPENDWISE_DB: database, SPENDWISE_STATE_DIR: join(folder, 'state') };
}

const SHOWN = [
  '',
  'status',
  'report',
  'tx list',
  'categories list',
  'accounts list',
  'rules list',
  'rules test x',
  'rules apply',
  'budgets list',
  'imports list',
  'import --review',
  'alert --dry-run',
  'alert history',
  'tx edit 3 --category nothing',
  'budgets set nothing 3',
  'imports undo 7',
  'tx rm 3',
];
const EXPORTED = ['export', 'export --format json', 'export --format hledger'];

test('whatever the database holds, no command prints what a terminal obeys, nor a text without end', async () => {
  const env = hostileHousehold();
  for (const command of [...SHOWN, ...EXPORTED]) {
    const words = command.split(' ').filter((word) => word !== '');
    const { stdout, stderr } = await spendwiseHere(words, { env });
    const text = stdout + stderr;
    expect(OBEYED_OR_HIDDEN.exec(text.replace(/^\{.*/gms, ''))?.[0], command).toBeUndefined();
    if (!EXPORTED.includes(command)) expect(text.length, command).toBeLessThan(10_000);
  }
});

test('--json prints one JSON object, in ASCII where a terminal would obey', async () => {
  const env = hostileHousehold();
  for (const command of [...SHOWN, 'export', 'export --format hledger'].filter((one) => one !== '')) {
    const { stdout, code } = await spendwiseHere([...command.split(' '), '--json'], { env });
    if (code === 2 && stdout === '') continue;
    expect(JSON.parse(stdout), command).toBeTypeOf('object');
    expect(stdout.toWellFormed()).toBe(stdout);
    expect(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u.exec(stdout), command).toBeNull();
  }
});
