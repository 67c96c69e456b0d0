import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { spendwiseProgram } from '../../../../agent/cli/program.ts';
import { prepare } from '../../../../agent/sandbox/cli/run-program.ts';
import { changeDatabase } from '../../../../agent/spending/database.ts';
import { originalScenario } from '../../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../../agent/spending/seed/write.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { spendwiseOnTerminal, testOnTerminal } from '../../../support/terminal.ts';

let env: { SPENDWISE_DB: string; SPENDWISE_STATE_DIR: string };
beforeEach(() => {
  const folder = temporaryFolder();
  env = { SPENDWISE_DB: join(folder, 'x.db'), SPENDWISE_STATE_DIR: join(folder, 'state') };
  writeSeed(env.SPENDWISE_DB, originalScenario(Temporal.PlainDate.from('2026-11-25')), 'Europe/Zurich');
});
const run = (...args: string[]) => spendwiseHere(args, { env });
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
};
const refused = async (...args: string[]) => {
  const ran = await run(...args);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toMatch(/^error: .*\nhint: .*\n$/);
  return ran.stderr;
};

test('a transaction is added, listed, edited and removed, and status follows', async () => {
  const shopping = async () =>
    (await json('status', '--as-of', '2026-11-25')).budgets.find(
      ({ category }: { category: string }) => category === 'Shopping',
    ).spentMinor;
  const before = await shopping();
  const added = await run(
    'tx',
    'add',
    '12.50',
    '--category',
    'shopping',
    '--date',
    '2026-11-25',
    '--merchant',
    'Ikea',
  );
  expect(added.stdout).toBe(
    'Added, money out:\nNo  Date            Amount  Category  Merchant\n11  2026-11-25  CHF -12.50  Shopping  Ikea\n',
  );
  expect(await shopping()).toBe(before + 1250);
  await json('tx', 'edit', '11', '--amount', '-20', '--pending');
  expect(await shopping()).toBe(before + 2000);
  await json('tx', 'add', '20', '--category', 'shopping', '--date', '2026-11-25', '--refund');
  expect(await shopping()).toBe(before);
  expect(await json('tx', 'rm', '11', '12', '11')).toMatchObject({ removed: [{ id: 11 }, { id: 12 }] });
  expect(await shopping()).toBe(before);
  expect(await json('tx', 'list', '--text', 'zalando')).toMatchObject({
    total: 1,
    transactions: [{ merchant: 'Zalando', amountMinor: -5990, transfer: false, importId: null }],
  });
  const listed = await run('tx', '--limit', '1');
  expect(listed.stderr).toBe('the newest 1 of 10; --limit and --to show others\n');
});

test('all of a change takes effect, or nothing', async () => {
  expect(await refused('tx', 'rm', '1', '99')).toMatch('no transaction 99');
  expect(await refused('tx', 'edit', '1', '99', '--category', 'other')).toMatch('no transaction 99');
  expect((await json('tx', 'list', '--category', 'other')).total).toBe(0);
  expect((await json('tx')).total).toBe(10);
});

test('a new transaction is of today in the zone of the household', async () => {
  changeDatabase(env.SPENDWISE_DB, (db) =>
    db.exec("UPDATE settings SET value = 'Pacific/Kiritimati' WHERE name = 'time_zone'"),
  );
  const before = Temporal.Now.plainDateISO('Pacific/Kiritimati').toString();
  const { added } = await json('tx', 'add', '1', '--category', 'other');
  expect([before, Temporal.Now.plainDateISO('Pacific/Kiritimati').toString()]).toContain(added.date);
});

test('names are found in any case, and what is close is proposed', async () => {
  expect(await refused('tx', 'list', '--category', 'food')).toMatch('did you mean "Food & Dining"?');
  expect(await refused('tx', 'list', '--account', 'Mian')).toMatch('did you mean "Main"?');
  expect(await refused('alert', 'snooze', 'shoping')).toMatch('did you mean "Shopping"?');
  expect(await refused('budgets', 'set', 'helth', '10')).toMatch('did you mean "Health"?');
  const snoozed = await run('alert', 'snooze', 'SHOPPING', '--days', '2');
  expect(snoozed.stdout).toMatch(/^Shopping: no alerts until/);
  // A snooze follows its category.
  expect((await run('categories', 'rename', 'shopping', 'Stuff')).stdout).toBe('Renamed Shopping to Stuff\n');
  expect((await run('alert', 'snooze')).stdout).toMatch(/^Stuff {2}until/);
});

test('rules are added, tried out and applied; without a terminal only with --yes', async () => {
  changeDatabase(env.SPENDWISE_DB, (db) => db.exec("UPDATE transactions SET category_by = 'default'"));
  const added = await run('rules', 'add', 'zalando', '--category', 'other');
  expect(added.stdout).toBe('Added rule 1: if text contains "zalando", then Other\n');
  expect(added.stderr).toBe('`spendwise rules apply` would change 1 transaction\n');
  expect((await run('rules', 'test', 'ZALANDO SE')).stdout).toMatch(/^rule 1: /);
  expect((await run('rules', 'test', 'Coop')).stdout).toBe('no rule matches\n');
  expect((await run('rules', 'apply', '--dry-run')).stdout).toBe(
    'Count  From      To     Merchant  Rule\n    1  Shopping  Other  Zalando      1\n1 transaction would change; nothing was changed.\n',
  );
  expect(await refused('rules', 'apply')).toMatch('--yes');
  expect((await json('tx', 'list', '--category', 'other')).total).toBe(0);
  expect(await json('rules', 'apply', '--yes')).toMatchObject({ applied: true, changes: [{ to: 'Other' }] });
  expect((await json('tx', 'list', '--category', 'other')).total).toBe(1);
  expect(await json('rules')).toMatchObject({ rules: [{ id: 1, text: 'zalando', category: 'Other' }] });
  await json('rules', 'rm', '1');
  expect(await json('rules')).toEqual({ rules: [] });
  expect(await refused('rules', 'add', '(', '--pattern', '--category', 'other')).toMatch('not a pattern');
});

testOnTerminal('on a terminal, rules are applied only after a yes to what would change', async () => {
  changeDatabase(env.SPENDWISE_DB, (db) => db.exec("UPDATE transactions SET category_by = 'default'"));
  await json('rules', 'add', 'zalando', '--category', 'other');
  for (const [answer, said] of [
    ['\r', /1 transaction would change; nothing was changed/],
    ['yes\r', /Changed 1 transaction/],
  ] as const) {
    const terminal = spendwiseOnTerminal(['rules', 'apply'], env);
    expect(await terminal.until(/Change these\?.*\[no\] /)).toMatch(/Shopping +Other +Zalando/);
    terminal.type(answer);
    await terminal.until(said);
    expect(await terminal.exitCode).toBe(0);
  }
  expect((await json('tx', 'list', '--category', 'other')).total).toBe(1);
});

test('categories, budgets and accounts are added, changed and listed', async () => {
  await json('categories', 'add', 'Holidays');
  await json('categories', 'add', 'Rent income', '--income');
  expect((await run('budgets', 'set', 'holidays', '1200', '--period', 'year')).stdout).toBe(
    'Holidays: CHF 1200 a year\n',
  );
  expect((await run('budgets', 'set', 'holidays', '900', '--period', 'year')).stdout).toBe(
    'Holidays: CHF 900 a year (was CHF 1200)\n',
  );
  expect((await json('budgets')).budgets).toContainEqual({
    ...{ id: expect.any(Number), category: 'Holidays', period: 'year', limitMinor: 90_000, currency: 'CHF' },
  });
  expect((await json('status')).budgets).toHaveLength(5);
  expect(await refused('categories', 'rm', 'holidays')).toMatch('has a budget');
  await json('budgets', 'rm', 'HOLIDAYS');
  expect((await run('categories', 'rm', 'holidays')).stdout).toBe('Removed the category Holidays\n');
  await json('accounts', 'add', 'Cash');
  await json('accounts', 'rename', 'main', 'Bank');
  expect((await run('accounts')).stdout).toBe(
    'Account  Transactions\nBank               10\nCash                0\n',
  );
  expect((await run('categories')).stdout).toMatch(/^Category .*\nFood & Dining +expense +4 +1\n/);
});

test('status shows other currencies and the forecast beside a budget, and keeps the fields it had', async () => {
  await json('tx', 'add', '5', '--currency', 'EUR', '--category', 'shopping', '--date', '2026-11-25');
  const { stdout } = await run('status', '--as-of', '2026-11-25');
  expect(stdout).toMatch(/CHF 95\/80 a week {4}119% {2}\[!!\] {2}also EUR 5, at this pace 221\.67\n/);
  const { asOf, budgets } = await json('status', '--as-of', '2026-11-25');
  expect(asOf).toBe('2026-11-25');
  expect(budgets[0]).toEqual({
    ...{ budgetId: 3, categoryId: 3, category: 'Shopping', currency: 'CHF', period: 'week' },
    ...{
      periodStart: '2026-11-23',
      periodEnd: '2026-11-30',
      spentMinor: 9500,
      pendingMinor: 0,
      limitMinor: 8000,
    },
    ...{
      percent: 119,
      state: 'over',
      forecastMinor: 22_167,
      otherCurrencies: [{ currency: 'EUR', spentMinor: 500 }],
    },
  });
});

test('what was edited or removed after an import is neither added again nor changed back', async () => {
  const file = join(temporaryFolder(), 'bank.csv');
  const rows = ['02,-42.50,MIGROS ZH', '02,-5.20,Coffee', '02,-5.20,Coffee', '26,-800.00,Own savings'];
  writeFileSync(file, `Date,Amount,Payee\n${rows.map((row) => `2026-10-${row}`).join('\n')}\n`);
  await json('rules', 'add', 'migros', '--category', 'food & dining');
  expect(await json('import', file)).toMatchObject({ added: 4 });
  const listed = async () => (await json('tx', 'list', '--to', '2026-10-31')).transactions;
  const [savings, coffee, twin, migros] = await listed();
  expect(migros).toMatchObject({ category: 'Food & Dining', categoryBy: 'rule' });
  await json('tx', 'rm', `${twin.id}`);
  await json(
    'tx',
    'edit',
    `${coffee.id}`,
    '--amount',
    '6',
    '--date',
    '2026-10-03',
    '--merchant',
    'Café Lang',
  );
  await json('tx', 'edit', `${savings.id}`, '--transfer', '--category', 'other');
  await json('accounts', 'rename', 'main', 'Bank');
  const before = await listed();
  expect(await json('import', file, '--account', 'bank')).toMatchObject({ added: 0 });
  expect(await listed()).toEqual(before);
  expect((await json('rules', 'apply', '--yes')).changes).toEqual([]);
});

test('nothing is made where there is no database', async () => {
  env = { ...env, SPENDWISE_DB: `${env.SPENDWISE_DB}.none` };
  const ran = await run('tx', 'add', '1', '--category', 'other');
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch('there is no database');
});

test('the help of each of these commands shows an example that fits 50 columns', () => {
  const groups = ['tx', 'categories', 'rules', 'budgets', 'accounts'];
  const program = spendwiseProgram();
  prepare(program);
  const commands = program.commands.filter((command) => groups.includes(command.name()));
  expect(commands).toHaveLength(groups.length);
  for (const command of [...commands, ...commands.flatMap((group) => group.commands)]) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 50 }).outputHelp();
    if (!groups.includes(command.name())) expect(help).toMatch(/\nExamples?:\n {2}spendwise /);
    for (const line of help.split('\n').slice(1)) expect(line.length, line).toBeLessThanOrEqual(50);
  }
});
