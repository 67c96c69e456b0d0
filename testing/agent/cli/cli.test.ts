import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';
import { household } from '../../support/household.ts';
import { spendwiseHere } from '../../support/in-process.ts';
import { completed, functionCall, modelServer, says, stream } from '../../support/model-server.ts';
import { spendwise } from '../../support/run.ts';

const ASK = ['agent', 'ask', 'hi', '--runtime', 'process'];
const MODEL = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' };

/** Of each exit code, one is asked of the whole program, and what its environment decides. */
const AS_PROGRAM = [
  'an unknown command',
  'no database',
  'nobody to consent',
  'chat without a terminal',
  'a runtime that is not there',
];

/** Each case changes one thing about an environment that would work. */
test.each<[string, number, RegExp, string[], Record<string, string>]>([
  ['an unknown scenario', 2, /Allowed choices are original, year/, ['seed', '--scenario', 'foo'], {}],
  ['an impossible date', 2, /YYYY-MM-DD/, ['status', '--as-of', '2026-02-30'], {}],
  ['an unknown command', 2, /unknown command/, ['sned'], {}],
  ['an unknown option', 2, /unknown option/, ['status', '--frobnicate'], {}],
  ['a question without text', 2, /missing required argument/, ['agent', 'ask'], {}],
  ['chat without a terminal', 2, /needs a terminal/, ['agent', 'chat'], MODEL],
  [
    'no database',
    4,
    /there is no database at .*\nhint: run `spendwise init`/,
    ['status'],
    { SPENDWISE_DB: '/nonexistent/x.db' },
  ],
  [
    'no database for the agent',
    4,
    /there is no database/,
    [...ASK, '--yes'],
    { ...MODEL, SPENDWISE_DB: '/nonexistent/x.db' },
  ],
  ['no model', 4, /OPENAI_API_KEY and OPENAI_BASE_URL are not set/, ASK, {}],
  ['a model address that is none', 4, /OPENAI_BASE_URL/, ASK, { OPENAI_BASE_URL: 'localhost:11434' }],
  [
    'an API that is none',
    4,
    /OPENAI_API is not one of responses, chat/,
    ASK,
    { ...MODEL, OPENAI_API: 'soap' },
  ],
  ['prices that are none', 4, /OPENAI_PRICES is not/, ASK, { ...MODEL, OPENAI_PRICES: 'cheap' }],
  ['half an account', 4, /TWILIO_AUTH_TOKEN: not set/, ASK, { ...MODEL, TWILIO_AUTH_TOKEN: '' }],
  [
    'an API key as account',
    4,
    /TWILIO_ACCOUNT_SID: this is an API key/,
    ASK,
    { ...MODEL, TWILIO_ACCOUNT_SID: `SK${'0'.repeat(32)}` },
  ],
  ['no one to notify', 4, /NOTIFICATION_PHONE: not set/, ASK, { ...MODEL, NOTIFICATION_PHONE: '' }],
  [
    'a number that is none',
    4,
    /NOTIFICATION_PHONE: must be a number/,
    ASK,
    { ...MODEL, NOTIFICATION_PHONE: '0791234567' },
  ],
  ['TWILIO_REGION', 4, /TWILIO_REGION: not supported/, ASK, { ...MODEL, TWILIO_REGION: 'au1' }],
  ['TWILIO_EDGE', 4, /TWILIO_EDGE: not supported/, ASK, { ...MODEL, TWILIO_EDGE: 'sydney' }],
  [
    'texts diverted to another host',
    4,
    /TWILIO_API_BASE_URL: must be http:\/\/ on a loopback/,
    ASK,
    { ...MODEL, TWILIO_API_BASE_URL: 'http://127.0.0.1.example.com:80' },
  ],
  [
    'texts diverted by user info',
    4,
    /TWILIO_API_BASE_URL/,
    ASK,
    { ...MODEL, TWILIO_API_BASE_URL: 'http://127.0.0.1@example.com' },
  ],
  [
    'a dry run that the sandboxed server would not see',
    4,
    /SMS_DRY_RUN: does not reach/,
    ASK,
    { ...MODEL, SMS_DRY_RUN: '1' },
  ],
  ['nobody to consent', 3, /Allow access to .*\nhint: .*--yes/s, ASK, MODEL],
  [
    'a runtime that is not there',
    4,
    /the bubblewrap runtime is not available/,
    ['agent', 'ask', 'hi', '--yes', '--runtime', 'bubblewrap'],
    { ...MODEL, PATH: '/nonexistent' },
  ],
  ['a manifest that is missing', 4, /cannot be read/, ['sandbox', 'run', 'nowhere.json'], {}],
])('%s ends with %i and two lines', async (what, code, message, args, change) => {
  const { env } = await household();
  const command = AS_PROGRAM.includes(what) ? spendwise : spendwiseHere;
  const ran = await command(args, { env: { ...env, ...change } });
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).toMatch(/^error: .*\nhint: .*\n$/ms);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
});

test.each([
  [['agent'], /Usage: spendwise agent[\s\S]*ask/],
  [['runs'], /Usage: spendwise runs[\s\S]*replay/],
  [['sandbox'], /Usage: spendwise sandbox[\s\S]*grant/],
  [['sandbox', 'audit'], /Usage: spendwise sandbox audit[\s\S]*verify/],
])('without a subcommand %j shows its own help, and is a wrong use', async (args, help) => {
  const ran = await spendwiseHere(args, {});
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toMatch(help);
  const name = ['spendwise', ...args].join(' ');
  expect(ran.stderr.endsWith(`\nerror: a command is missing\nhint: see \`${name} --help\`\n`)).toBe(true);
});

test('the hint of a wrong use names the help of that very command', async () => {
  const ran = await spendwiseHere(['sandbox', 'audit', 'shwo'], {});
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toMatch(/unknown command 'shwo'[\s\S]*hint: see `spendwise sandbox audit --help`/);
});

test('a live account without a sandbox is refused, without --unsandboxed', async () => {
  const { env, twilio } = await household();
  const { TWILIO_API_BASE_URL: _, ...live } = env;
  const ran = await spendwiseHere([...ASK, '--yes'], { env: { ...live, ...MODEL } });
  expect(ran.code).toBe(3);
  expect(ran.stderr).toMatch(/live credentials .* not a sandbox\nhint: .*--unsandboxed/);
  expect(twilio.inbox).toEqual([]);
});

test('the process runtime is called what it is', async () => {
  const { env } = await household();
  const ran = await spendwiseHere([...ASK, '--yes'], { env: { ...env, ...MODEL } });
  expect(ran.stderr).toContain('NOT A SANDBOX');
});

test.each([
  ['a line that is no assignment', 'OPENAI_API_KEY=x\nsecret-value\n', /line 2 is not NAME=value/],
  ['a quote that never closes', 'A="b\nC=d\n', /line 1/],
])('.env with %s is an error that does not print it', async (_what, text, message) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.env'), text);
  const ran = await spendwiseHere(['status'], { cwd });
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).not.toContain('secret-value');
});

test('.env that is a folder is an error', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.env'));
  expect(await spendwiseHere(['status'], { cwd })).toMatchObject({ code: 4 });
});

test('.env may begin with a byte order mark', async () => {
  const { database } = await household();
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.env'), `\ufeffSPENDWISE_DB=${database}\n`);
  expect(await spendwiseHere(['status'], { cwd })).toMatchObject({ code: 0 });
});

test('.env is read, the environment wins, empty means not set', async () => {
  const { env, database } = await household();
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.env'), `# mine\nexport SPENDWISE_DB="${database}"\nOPENAI_API_KEY=\n`);
  expect(await spendwiseHere(['status'], { cwd })).toMatchObject({ code: 0 });
  expect(await spendwiseHere(['status'], { cwd, env: { SPENDWISE_DB: '/nonexistent/x.db' } })).toMatchObject({
    code: 4,
  });
  expect((await spendwiseHere(ASK, { cwd, env })).stderr).toMatch(/no model is configured/);
});

test.each([
  ['damaged', (path: string) => writeFileSync(path, 'SQLite format 3\0'.padEnd(4096, 'x')), /damaged/, 1],
  ['empty', (path: string) => writeFileSync(path, ''), /empty/, 4],
])('a database that is %s is an error', async (_what, spoil, message, code) => {
  const path = join(temporaryFolder(), 'x.db');
  spoil(path);
  const ran = await spendwise(['status', '--json'], { env: { SPENDWISE_DB: path } });
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toMatch(message);
});

test('a database that fails in mid-run ends it with a report of what was sent', async () => {
  const { env, database, twilio } = await household();
  const alert = (category: string, spent: number, budget: number) =>
    functionCall(
      'sms__send_budget_alert',
      JSON.stringify({ category, spent, budget, currency: 'CHF' }),
      category,
    );
  const server = await modelServer((response, request) => {
    if (request === 2) renameSync(database, `${database}.gone`);
    stream(response, [
      completed([request === 1 ? alert('Shopping', 95, 80) : alert('Food & Dining', 135, 150)]),
    ]);
  });
  const ran = await spendwiseHere([...ASK, '--yes', '--json'], {
    env: { ...env, OPENAI_BASE_URL: server.url },
  });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/error: there is no database at/);
  expect(twilio.inbox).toHaveLength(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    messages: [{ sid: twilio.inbox[0]?.sid }],
    error: { message: expect.any(String) },
  });
});

test('a time zone that does not exist is an error in words', async () => {
  const { env, database } = await household();
  const db = new Database(database);
  db.exec("UPDATE settings SET value = 'Mars/Base' WHERE name = 'time_zone'");
  db.close();
  const ran = await spendwise(['status'], { env });
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(/^error: the database's time zone "Mars\/Base" does not exist\nhint: /);
});

test('a category cannot repaint the screen or forge a row', async () => {
  const { env, database } = await household();
  const db = new Database(database);
  db.prepare("UPDATE categories SET name = ? WHERE name = 'Shopping'").run('A\u001b[2J\nForged CHF 0');
  db.close();
  const { stdout } = await spendwiseHere(['status'], { env });
  expect(stdout).toContain('A Forged CHF 0');
  expect(stdout).not.toContain('\u001b');
});

test('Ctrl-C while the model thinks ends at once, with 130, and leaves no server', async () => {
  const { env } = await household();
  const server = await modelServer(() => {});
  let asked = 0;
  const ran = await spendwise([...ASK, '--yes'], {
    env: { ...env, OPENAI_BASE_URL: server.url },
    onStart: (kill) => {
      const poll = setInterval(() => {
        if (server.requests() === 0) return;
        clearInterval(poll);
        asked = Date.now();
        kill('SIGINT');
      }, 20);
    },
  });
  expect(ran.code).toBe(130);
  expect(ran.stderr).toMatch(/Page of this run: .*\nerror: interrupted\n/);
  // A model that is silent is given up after a minute.
  expect(Date.now() - asked).toBeLessThan(50_000);
});

test('a free text without a terminal is refused, whatever --yes says', async () => {
  const { env, twilio } = await household();
  const server = await modelServer((response, request) =>
    stream(response, [
      completed([request === 1 ? functionCall('sms__send_sms', '{"message":"hi"}') : says('ok')]),
    ]),
  );
  const ran = await spendwise(['agent', 'ask', 'text me hi', '--yes', '--json', '--runtime', 'process'], {
    env: { ...env, OPENAI_BASE_URL: server.url },
  });
  expect(ran.code).toBe(0);
  expect(twilio.inbox).toEqual([]);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    twilio: 'override',
    model: { kind: 'openai' },
    messages: [],
    answer: 'ok',
  });
});
