import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ask, askHousehold, askOn } from '../../../../agent/cli/commands/init/household.ts';
import { askKeys } from '../../../../agent/cli/commands/init/keys.ts';
import { loadEnvironment } from '../../../../agent/settings/environment.ts';
import { readDatabase } from '../../../../agent/spending/database.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { spendwiseOnTerminal, testOnTerminal } from '../../../support/terminal.ts';

const here = (folder = temporaryFolder()) => {
  const env = { SPENDWISE_DB: join(folder, 'data/mine.db'), SPENDWISE_STATE_DIR: join(folder, 'state') };
  return {
    folder,
    env,
    database: env.SPENDWISE_DB,
    init: (...args: string[]) => spendwiseHere(['init', ...args], { env, cwd: folder }),
  };
};
const rows = (path: string, sql: string) => readDatabase(path, (db) => db.prepare(sql).raw().all());

test('without a terminal, a currency is enough', async () => {
  const { init, database, env } = here();
  const ran = await init('--currency', 'chf', '--time-zone', 'europe/zurich', '--json');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ran.stdout)).toEqual({
    database,
    made: true,
    currency: 'CHF',
    timeZone: 'Europe/Zurich',
    categories: 8,
    budgets: 0,
    settings: null,
    next: 'spendwise import FILE',
  });
  expect(statSync(database).mode & 0o777).toBe(0o600);
  expect(rows(database, 'SELECT name, value FROM settings ORDER BY name')).toEqual([
    ['currency', 'CHF'],
    ['time_zone', 'Europe/Zurich'],
  ]);
  expect(await spendwiseHere(['status'], { env })).toMatchObject({ code: 0 });
});

test('categories and budgets are given as flags; a budget makes its category', async () => {
  const { init, database } = here();
  const ran = await init(
    '--currency=JPY',
    '--category=Food',
    '--budget',
    'food=60000/month',
    '--budget',
    'A=b=5000/week',
  );
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout).toMatch(
    /^Made .*mine\.db: JPY, .*, 3 categories, 2 budgets\nNext: spendwise import FILE\n$/,
  );
  const sql =
    'SELECT c.name, c.kind, b.period, b.limit_minor, b.currency FROM categories c LEFT JOIN budgets b ON b.category_id = c.id';
  expect(rows(database, sql)).toEqual([
    ['Food', 'expense', 'month', 60000, 'JPY'],
    ['Income', 'income', null, null, null],
    ['A=b', 'expense', 'week', 5000, 'JPY'],
  ]);
});

test.each([
  ['its own', (env: Record<string, string>) => spendwiseHere(['init', '--currency', 'EUR'], { env })],
  ["the seed's", (env: Record<string, string>) => spendwiseHere(['seed'], { env })],
])('is never over data: %s', async (_whose, make) => {
  const { init, database, env } = here();
  await make(env);
  const before = readFileSync(database);
  const ran = await init('--currency', 'CHF');
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(/^error: .*mine\.db holds data\nhint: set SPENDWISE_DB/);
  expect(readFileSync(database).equals(before)).toBe(true);
});

test.each([
  [[], /the currency is missing.*\nhint: give it: `spendwise init --currency CHF/],
  [['--currency', 'CHX'], /there is no currency "CHX"/],
  [['--currency', 'CHF', '--time-zone', 'Mars/Base'], /there is no time zone "Mars\/Base"/],
  [['--currency', 'CHF', '--budget', 'Food'], /"Food" is not a budget\nhint: write CATEGORY=AMOUNT\/PERIOD/],
  [['--currency', 'CHF', '--budget', 'Food=1,234'], /"1,234" is not an amount/],
  [['--currency', 'CHF', '--budget', 'Food=-1'], /cannot be below 0/],
  [['--currency', 'CHF', '--budget', 'Food=1/day'], /is not a budget/],
  [['--currency', 'CHF', '--budget', 'Income=1'], /"Income" is income/],
  [['--currency', 'CHF', '--budget', 'Food=1', '--budget', 'food=2'], /"food" has two budgets a month/],
  [['--currency', 'CHF', '--category', 'a\u202eb'], /hidden characters/],
])('%j is a wrong use, and makes no table', async (args, message) => {
  const { init, database } = here();
  const ran = await init(...args);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toMatch(message);
  if (existsSync(database)) expect(statSync(database).size).toBe(0);
});

/** A person with these answers. `yes` and `no` answer a confirmation. */
function person(...answers: string[]): { ask: Ask; said: string[]; secrets: string[] } {
  const [said, secrets]: [string[], string[]] = [[], []];
  const answer = async (prompt: string) => {
    said.push(prompt);
    return answers.shift();
  };
  const ui = {
    ask: answer,
    askSecret: (prompt: string) => {
      secrets.push(prompt);
      return answer(prompt);
    },
    confirm: async (_lines: unknown, question: string) => (await answer(question)) === 'yes',
  };
  return { ask: askOn(ui, (line) => void said.push(line), new AbortController().signal), said, secrets };
}

test('asks again where an answer does not fit, and takes what it proposes', async () => {
  const { ask, said } = person(
    'franken',
    'chf',
    'Nowhere',
    '',
    '',
    'Groceries',
    'Groceries=600',
    'groceries=1/month',
    'Travel=90.5/year',
    '',
  );
  const household = await askHousehold(ask, 'Europe/Zurich');
  expect(household).toMatchObject({ currency: 'CHF', timeZone: 'Europe/Zurich' });
  expect(household.categories).toContain('Groceries');
  expect(household.budgets).toEqual([
    { category: 'Groceries', amount: '600', period: 'month' },
    { category: 'Travel', amount: '90.5', period: 'year' },
  ]);
  expect(said.filter((line) => line.startsWith('  '))).toEqual([
    expect.stringContaining('there is no currency "franken"'),
    expect.stringContaining('there is no time zone "Nowhere"'),
    expect.stringContaining('"Groceries" is not a budget'),
    expect.stringContaining('"groceries" has two budgets a month'),
  ]);
});

test('the end of input ends it', async () => {
  await expect(askHousehold(person('CHF').ask)).rejects.toMatchObject({ exitCode: 130 });
});

const SID = `AC${'1'.repeat(32)}`;
const TOKEN = 'a-token-with-#-and-"quotes"-0123456789';

test('keys go to .env, for its owner only, and what is there stays', async () => {
  const folder = temporaryFolder();
  const file = join(folder, '.env');
  writeFileSync(
    file,
    '# mine\nTWILIO_PHONE_NUMBER=\nOPENAI_API_KEY="old"\nSPENDWISE_QUIET_HOURS=22:00-07:00',
    { mode: 0o644 },
  );
  const { ask, said, secrets } = person(SID, TOKEN, '+15005550006', '0791234567', '+41791234567', 'no');
  expect(await askKeys(ask, folder, loadEnvironment(folder, {}))).toBe(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toBe(
    `# mine\nTWILIO_PHONE_NUMBER=+15005550006\nOPENAI_API_KEY="old"\nSPENDWISE_QUIET_HOURS=22:00-07:00\nTWILIO_ACCOUNT_SID=${SID}\nTWILIO_AUTH_TOKEN='${TOKEN}'\nNOTIFICATION_PHONE=+41791234567\n`,
  );
  expect(loadEnvironment(folder, {}).TWILIO_AUTH_TOKEN).toBe(TOKEN);
  expect(said.join('\n')).toContain('NOTIFICATION_PHONE: must be a number in E.164');
  expect(said.join('\n')).not.toContain(TOKEN);
  expect(secrets).toEqual([expect.stringContaining('TWILIO_AUTH_TOKEN')]);
});

test('a variable of the environment is not asked for, and one of .env is replaced only after a yes', async () => {
  const folder = temporaryFolder();
  const file = join(folder, '.env');
  writeFileSync(file, 'OPENAI_API_KEY="two\nlines"\nLAST=1\n');
  const environment = loadEnvironment(folder, { TWILIO_ACCOUNT_SID: SID });
  const { ask, said } = person('', '', '', 'yes', 'new');
  await askKeys(ask, folder, environment);
  expect(said).toContain('TWILIO_ACCOUNT_SID: set in your environment, which counts');
  expect(readFileSync(file, 'utf8')).toBe('OPENAI_API_KEY=new\nLAST=1\n');
});

test('without an answer nothing is written', async () => {
  const folder = temporaryFolder();
  expect(await askKeys(person('', '', '', '', '').ask, folder, {})).toBeUndefined();
  expect(existsSync(join(folder, '.env'))).toBe(false);
});

testOnTerminal('on a terminal it asks for all of it, and shows no secret', async () => {
  const { folder, env, database } = here();
  const terminal = spendwiseOnTerminal(['init'], env, folder);
  for (const [question, answer] of [
    [/Currency.*: $/, 'chf'],
    [/Time zone \[.*\]: $/, ''],
    [/commas: $/, ''],
    [/Budget: $/, 'Groceries=600/month'],
    [/Budget: $/, ''],
    [/TWILIO_ACCOUNT_SID \(.*\): $/, SID],
    [/TWILIO_AUTH_TOKEN \(its token\): $/, 'hidden-token-of-32-characters-00'],
    [/TWILIO_PHONE_NUMBER \(.*\): $/, '+15005550006'],
    [/NOTIFICATION_PHONE \(.*\): $/, '+12025550143'],
    [/OPENAI_API_KEY \(.*\): $/, 'sk-hidden-too'],
  ] as const) {
    await terminal.until(question);
    terminal.type(`${answer}\r`);
  }
  expect(await terminal.exitCode).toBe(0);
  expect(terminal.shown()).toContain(`Made ${database}: CHF, `);
  expect(terminal.shown()).not.toContain('hidden');
  expect(readFileSync(join(folder, '.env'), 'utf8')).toContain('OPENAI_API_KEY=sk-hidden-too\n');
});
