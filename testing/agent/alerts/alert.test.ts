import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { CAPS, Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { startModelStandIn } from '../../stand-ins/model.ts';
import { type Household, household, OWNER } from '../../support/household.ts';
import { spendwiseHere } from '../../support/in-process.ts';
import { spendwise } from '../../support/run.ts';

const SHOPPING = '[!!] SpendWise: Shopping\nCHF 95/80 (119%)';
const FOOD = '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)';

interface Options {
  readonly args?: string[];
  readonly set?: Record<string, string>;
  /** `spendwise`: as a program of its own. */
  readonly command?: typeof spendwiseHere;
}

/** `spendwise alert --json` of a household; its servers are plain processes. */
async function alert(
  { env }: Household,
  { args = ['--yes'], set = {}, command = spendwiseHere }: Options = {},
) {
  const ran = await command(['alert', '--json', '--runtime', 'process', ...args], {
    env: { ...env, ...set },
  });
  return { ...ran, report: JSON.parse(ran.stdout || '{}') };
}

/** The whole program: what holds for it alone, and once what holds for the command. */
const PROGRAM: Options = { command: spendwise };

const spend = ({ database }: Household, category: string, minor: number) => {
  const db = new Database(database);
  db.prepare(
    `INSERT INTO transactions (date, amount_minor, currency, category_id)
     SELECT ?, ?, 'CHF', id FROM categories WHERE name = ?`,
  ).run(Temporal.Now.plainDateISO().toString(), -minor, category);
  db.close();
};

const rename = ({ database }: Household, from: string, to: string) => {
  const db = new Database(database);
  db.prepare('UPDATE categories SET name = ? WHERE name = ?').run(to, from);
  db.close();
};

function ledgerOf({ env }: Household): Ledger {
  const ledger = Ledger.open(env.SPENDWISE_STATE_DIR);
  onTestFinished(() => ledger.close());
  return ledger;
}

const bodies = ({ twilio }: Household) => twilio.inbox.map(({ body }) => body);

test('sends each due alert once; a second run reports why it sends nothing; a new threshold sends one more', async () => {
  const home = await household();
  const first = await alert(home, PROGRAM);
  expect(first.code).toBe(0);
  expect(bodies(home)).toEqual([SHOPPING, FOOD]);
  expect(home.twilio.inbox.map(({ to }) => to)).toEqual([OWNER, OWNER]);
  const [shopping, food] = home.twilio.inbox;
  // The look-up after a crash asks for what stands here.
  const rows = ledgerOf(home).history(9);
  expect(rows.map(({ recipient, body }) => [recipient, body])).toEqual([
    [OWNER, FOOD],
    [OWNER, SHOPPING],
  ]);
  const figures = { category: 'Shopping', currency: 'CHF', spentMinor: 9500, limitMinor: 8000, percent: 119 };
  expect(first.report).toMatchObject({
    due: [{ ...figures, threshold: 'over' }, { threshold: 80 }],
    sent: [
      { ...figures, threshold: 'over', sid: shopping?.sid },
      { threshold: 80, sid: food?.sid },
    ],
    skipped: [],
    failed: [],
    unknown: [],
  });

  const second = await alert(home, PROGRAM);
  expect(second).toMatchObject({ code: 0, report: { due: [], sent: [] } });
  expect(second.report.skipped).toMatchObject([
    { category: 'Shopping', reason: expect.stringContaining(`was sent at`) },
    { category: 'Food & Dining', reason: expect.stringContaining(food?.sid ?? '-') },
  ]);
  // Twilio is asked less and less often whether they arrived: the second run may just have asked.
  home.twilio.clock.advance(3_000);
  const states = async () => {
    expect((await alert(home)).code).toBe(0);
    return ledgerOf(home)
      .history(9)
      .map(({ state }) => state);
  };
  await expect.poll(states).toEqual(['delivered', 'delivered']);
  // Nothing to send and nothing to ask: no server was started, and none was asked consent for.
  expect(await alert(home, PROGRAM)).toMatchObject({ code: 0, stderr: '' });

  spend(home, 'Food & Dining', 1500);
  const third = await alert(home, PROGRAM);
  expect(third.report).toMatchObject({ sent: [{ category: 'Food & Dining', threshold: 100 }] });
  expect(bodies(home)).toEqual([SHOPPING, FOOD, '[!!] SpendWise: Food & Dining\nCHF 150/150 (100%)']);
});

test('recognises a database behind a link, and sends nothing again', async () => {
  const home = await household();
  await alert(home);
  symlinkSync(home.folder, `${home.folder}/link`);
  const set = { SPENDWISE_DB: `${home.folder}/link/data/spendwise.db` };
  expect(await alert(home, { set })).toMatchObject({
    code: 0,
    report: { due: [], sent: [], skipped: [{}, {}] },
  });
  expect(bodies(home)).toEqual([SHOPPING, FOOD]);
});

test('--dry-run sends, starts and writes nothing, and needs no account', async () => {
  const home = await household();
  const { SPENDWISE_DB, SPENDWISE_STATE_DIR } = home.env;
  const ran = await spendwiseHere(['alert', '--dry-run', '--json'], {
    env: { SPENDWISE_DB, SPENDWISE_STATE_DIR },
  });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ran.stdout)).toMatchObject({
    due: [{ category: 'Shopping' }, { category: 'Food & Dining' }],
    sent: [],
    skipped: [],
  });
  expect(existsSync(SPENDWISE_STATE_DIR)).toBe(false);
  const text = await spendwiseHere(['alert', '--dry-run'], { env: { SPENDWISE_DB, SPENDWISE_STATE_DIR } });
  expect(text.stdout.split('\n').slice(0, 3)).toEqual([
    'due      Shopping       CHF 95/80 (119%)   over',
    'due      Food & Dining  CHF 135/150 (90%)  80%',
    'Dry run: nothing was sent.',
  ]);
});

test('--dry-run shows a due alert beside one that was sent of the same category and limit', async () => {
  const home = await household();
  await alert(home);
  const db = new Database(home.database);
  db.exec(`INSERT INTO budgets (category_id, period, limit_minor, currency)
           SELECT id, 'month', 8000, 'CHF' FROM categories WHERE name = 'Shopping'`);
  db.close();
  const dry = await spendwiseHere(['alert', '--dry-run'], { env: home.env });
  expect(dry.stdout).toMatch(/^skipped +Shopping .* was sent at/);
  expect(dry.stdout).toMatch(/^due +Shopping +CHF \d+\/80/m);
});

test('quiet hours hold alerts back, and the next run sends them', async () => {
  const home = await household();
  const hour = (offset: number) =>
    `${String((Temporal.Now.zonedDateTimeISO('UTC').hour + 24 + offset) % 24).padStart(2, '0')}:00`;
  const quiet = { SPENDWISE_QUIET_HOURS: `${hour(0)}-${hour(2)} UTC` };
  const held = await alert(home, { set: quiet });
  expect(held).toMatchObject({ code: 0, report: { due: [{}, {}], sent: [] } });
  expect(held.report.skipped[0].reason).toMatch(/quiet hours.*sending is allowed from/);
  expect(bodies(home)).toEqual([]);
  const later = await alert(home, { set: { SPENDWISE_QUIET_HOURS: `${hour(2)}-${hour(3)} UTC` } });
  expect(later.report.sent).toHaveLength(2);
});

test('a snooze holds one budget or all back, until it ends or is lifted', async () => {
  const home = await household();
  const snooze = (...args: string[]) => spendwiseHere(['alert', 'snooze', ...args], { env: home.env });
  expect((await snooze('Shopping')).stdout).toMatch(/^Shopping: no alerts until \d{4}-\d\d-\d\d 00:00\n$/);
  expect((await alert(home)).report).toMatchObject({
    sent: [{ category: 'Food & Dining' }],
    skipped: [{ category: 'Shopping', reason: expect.stringMatching(/^snoozed until/) }],
  });
  expect((await snooze()).stdout).toMatch(/^Shopping {2}until/);
  await snooze('Shopping', '--clear');
  await snooze('--all', '--days', '3');
  expect((await alert(home)).report).toMatchObject({ sent: [] });
  await snooze('--all', '--clear');
  expect((await alert(home)).report).toMatchObject({ sent: [{ category: 'Shopping' }] });
  for (const [args, problem] of [
    [['Boats'], /no budget "Boats"/],
    [['--all'], /the end is missing/],
    [['Shopping', '--all'], /one of them/],
    [['--clear'], /no budget was named/],
    [['Shopping', '--until', '2020-01-01'], /already started/],
    [['Shopping', '--days', '0'], /whole number from 1/],
  ] as const)
    expect(await snooze(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(problem) });
});

test('after each change of a snooze the command says what holds now, for each budget that it named', async () => {
  const home = await household();
  const said = async (...args: string[]) =>
    (await spendwiseHere(['alert', 'snooze', ...args], { env: home.env })).stdout;
  const day = (days: number) => `${Temporal.Now.plainDateISO().add({ days })} 00:00`;
  expect(await said('Shopping', '--days', '3')).toBe(`Shopping: no alerts until ${day(3)}\n`);
  expect(await said('--all', '--days', '7')).toBe(`all budgets: no alerts until ${day(7)}\n`);
  const longer = `Shopping: no alerts until ${day(7)}; all budgets are snoozed until then\n`;
  expect(await said('Shopping', '--days', '1')).toBe(longer);
  expect(await said('Shopping', '--clear')).toBe(longer);
  await said('Shopping', '--days', '2');
  const lines = (await said('--all', '--clear')).trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines).toContain(`Shopping: no alerts until ${day(2)}; by its own snooze`);
  expect(lines).toContain('Food & Dining: alerts go out again');
  expect(await said('Shopping', '--clear')).toBe('Shopping: alerts go out again\n');
  expect(await said('--all', '--clear')).toBe('all budgets: alerts go out again\n');
});

test('a snooze without an end lasts until the first of the periods of its category ends', async () => {
  const home = await household();
  const db = new Database(home.database);
  // The hotter one, which comes first everywhere else.
  db.exec(`INSERT INTO budgets (category_id, period, limit_minor, currency)
           SELECT id, 'year', 1000, 'CHF' FROM categories WHERE name = 'Shopping'`);
  db.close();
  const today = Temporal.Now.plainDateISO();
  const week = today.add({ days: 8 - today.dayOfWeek });
  const year = today.with({ month: 1, day: 1 }).add({ years: 1 });
  const first = Temporal.PlainDate.compare(week, year) < 0 ? week : year;
  const snoozed = await spendwise(['alert', 'snooze', 'Shopping'], { env: home.env });
  expect(snoozed.stdout).toBe(`Shopping: no alerts until ${first} 00:00\n`);
});

test('reports a text that Twilio refuses as failed, exits with 1, and tries again', async () => {
  const home = await household();
  home.twilio.faults.next('429', 99);
  const failed = await alert(home);
  expect(failed).toMatchObject({ code: 1, report: { sent: [], failed: [{ category: 'Shopping' }, {}] } });
  expect(failed.report.failed[0].reason).not.toBe('');
  home.twilio.faults.clear();
  // Held back now: what failed before does not go out of sight.
  await spendwiseHere(['alert', 'snooze', 'Shopping'], { env: home.env });
  const held = await alert(home);
  expect(held).toMatchObject({ code: 1, report: { sent: [{ category: 'Food & Dining' }], skipped: [] } });
  expect(held.report.failed).toMatchObject([
    { category: 'Shopping', reason: expect.stringMatching(/; snoozed until/) },
  ]);
  await spendwiseHere(['alert', 'snooze', 'Shopping', '--clear'], { env: home.env });
  expect(await alert(home)).toMatchObject({
    code: 0,
    report: { sent: [{ category: 'Shopping' }], failed: [] },
  });
  expect(bodies(home)).toEqual([FOOD, SHOPPING]);
});

test('reports a budget whose text cannot be made as failed, and sends the others', async () => {
  const home = await household();
  const db = new Database(home.database);
  // No currency that a text could give; the most used budget, and so the first.
  for (const table of ['budgets', 'transactions'])
    db.exec(`UPDATE ${table} SET currency = 'BTC'
             WHERE category_id = (SELECT id FROM categories WHERE name = 'Shopping')`);
  db.close();
  expect(await alert(home)).toMatchObject({
    code: 1,
    report: {
      sent: [{ category: 'Food & Dining' }],
      failed: [
        { category: 'Shopping', reason: expect.stringMatching(/ISO 4217.*correct it in the database/) },
      ],
    },
  });
  expect(bodies(home)).toEqual([FOOD]);
});

test('reports a text over the cap as failed, and sends it when the cap allows', async () => {
  const home = await household();
  const ledger = ledgerOf(home);
  for (let n = 1; n < CAPS.hour; n += 1) {
    const reserved = ledger.reserve({ tool: 'send_sms', recipient: OWNER, body: `${n}` });
    if (!reserved.ok) throw new Error(String(n));
    ledger.sending(reserved.id);
    ledger.settle(reserved.id, { state: 'sent', sid: undefined });
  }
  const capped = await spendwiseHere(['alert', '--quiet', '--yes', '--runtime', 'process'], {
    env: home.env,
  });
  expect(capped.code).toBe(1);
  expect(capped.stdout).toMatch(/^sent .*Shopping.*\nFAILED .*Food.*20 texts went out within an hour/);
  expect(bodies(home)).toEqual([SHOPPING]);
  const db = new Database(`${home.env.SPENDWISE_STATE_DIR}/ledger.db`);
  db.exec(`UPDATE intents SET reserved_ms = reserved_ms - 3600000`);
  db.close();
  expect(await alert(home)).toMatchObject({
    code: 0,
    report: { sent: [{ category: 'Food & Dining' }], failed: [] },
  });
});

test('never sends an unknown text again: looks it up, or leaves it to the user', async () => {
  const home = await household();
  const ledger = ledgerOf(home);
  const intent = (category: string, body: string) => ({
    tool: 'send_budget_alert',
    recipient: OWNER,
    body,
    alert: {
      database: home.database,
      // As the seed numbers them.
      ...(category === 'Shopping' ? { budgetId: 3, categoryId: 3 } : { budgetId: 1, categoryId: 1 }),
      category,
      currency: 'CHF',
      period: 'week',
      periodStart: Temporal.Now.plainDateISO()
        .subtract({ days: Temporal.Now.plainDateISO().dayOfWeek - 1 })
        .toString(),
      threshold: category === 'Shopping' ? ('over' as const) : 80,
      spentMinor: 1,
      limitMinor: category === 'Shopping' ? 8000 : 15_000,
    },
  });
  for (const each of [intent('Shopping', SHOPPING), intent('Food & Dining', FOOD)]) {
    const reserved = ledger.reserve(each);
    if (!reserved.ok) throw new Error();
    ledger.sending(reserved.id);
    ledger.settle(reserved.id, { state: 'unknown', reason: 'cut off' });
  }
  // One of the two had arrived at Twilio.
  const url = new URL(`/2010-04-01/Accounts/${home.env.TWILIO_ACCOUNT_SID}/Messages.json`, home.twilio.url);
  await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${home.env.TWILIO_ACCOUNT_SID}:${home.env.TWILIO_AUTH_TOKEN}`)}`,
    },
    body: new URLSearchParams({ To: OWNER, From: home.env.TWILIO_PHONE_NUMBER, Body: SHOPPING }),
  });
  const ran = await alert(home);
  expect(ran.code).toBe(1);
  expect(ran.report).toMatchObject({
    sent: [],
    skipped: [{ category: 'Shopping', reason: expect.stringContaining('was sent') }],
    unknown: [{ category: 'Food & Dining', reason: expect.stringContaining('alert resolve 2') }],
  });
  expect(ran.stderr).toMatch(/"Food & Dining" of .* may have gone out: look at your phone/);
  expect(home.twilio.inbox).toHaveLength(1);

  const resolve = (...args: string[]) => spendwiseHere(['alert', 'resolve', ...args], { env: home.env });
  expect((await resolve()).stdout).toMatch(/^ {3}2 .*unknown/);
  expect(await resolve('--sent')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no text was named/),
  });
  expect(await resolve('2')).toMatchObject({ code: 2 });
  expect(await resolve('2', '--sent', '--not-sent')).toMatchObject({ code: 2 });
  expect(await resolve('1', '--sent')).toMatchObject({ code: 1, stderr: expect.stringMatching(/1 is sent/) });
  expect(await resolve('9', '--sent')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no text 9/) });
  expect(await spendwise(['alert', 'resolve', '2', '--not-sent'], { env: home.env })).toMatchObject({
    code: 0,
  });
  expect(await alert(home)).toMatchObject({
    code: 0,
    report: { sent: [{ category: 'Food & Dining' }], unknown: [] },
  });
  const history = JSON.parse((await spendwise(['alert', 'history', '--json'], { env: home.env })).stdout);
  expect(history.history.map((row: { id: number; state: string }) => [row.id, row.state])).toEqual([
    [3, 'sent'],
    [2, 'failed'],
    // Twilio may know by now that it arrived.
    [1, expect.stringMatching(/^(sent|delivered)$/)],
  ]);
});

test('shares one ledger between agent and command, so neither repeats a text', async () => {
  const home = await household();
  const model = await startModelStandIn();
  onTestFinished(() => model.close());
  const env = { ...home.env, OPENAI_BASE_URL: model.url.href };
  const ask = () =>
    spendwiseHere(
      ['agent', 'ask', 'Check my budgets and alert me', '--yes', '--json', '--runtime', 'process'],
      {
        env,
      },
    );
  expect(JSON.parse((await ask()).stdout).messages).toHaveLength(2);
  expect((await alert(home)).report).toMatchObject({ sent: [], skipped: [{}, {}] });
  spend(home, 'Entertainment', 3000);
  expect((await alert(home)).report).toMatchObject({ sent: [{ category: 'Entertainment', threshold: 80 }] });
  const again = JSON.parse((await ask()).stdout);
  expect(again.messages).toEqual([]);
  expect(again.answer).toMatch(/denied \(an alert for "Shopping" \(over\) was sent at/);
  expect(home.twilio.inbox).toHaveLength(3);
});

test('without consent or account nothing is sent, and the exit code says which; what is due is reported', async () => {
  const home = await household();
  const refused = await alert(home, { args: [] });
  expect(refused).toMatchObject({ code: 3, report: { due: [{}, {}], failed: [{}, {}], sent: [] } });
  const { NOTIFICATION_PHONE: _phone, ...rest } = home.env;
  const half = await spendwiseHere(['alert', '--json', '--yes'], { env: rest });
  expect(half).toMatchObject({ code: 4, stdout: '' });
  for (const [name, value] of [
    ['SPENDWISE_THRESHOLDS', '50,eighty'],
    ['SPENDWISE_QUIET_HOURS', '22-7'],
  ] as const) {
    const ran = await spendwiseHere(['alert', '--json', '--yes'], { env: { ...home.env, [name]: value } });
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining(name) });
  }
  // A database that is locked or gone is an error too.
  const gone = await spendwiseHere(['alert', '--json'], {
    env: { ...home.env, SPENDWISE_DB: `${home.folder}/none.db` },
  });
  expect(gone.code).toBe(4);
  expect(bodies(home)).toEqual([]);
  expect(home.twilio.inbox).toEqual([]);
});

test('without a sandbox to send from, what is due is reported as not sent', async () => {
  const home = await household();
  const ran = await spendwiseHere(['alert', '--yes', '--runtime', 'docker', '--json'], {
    env: { ...home.env, DOCKER_HOST: `unix://${home.folder}/none.sock` },
  });
  expect(ran.code).toBe(4);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    due: [{}, {}],
    failed: [
      { category: 'Shopping', reason: expect.stringContaining('docker') },
      { category: 'Food & Dining', reason: expect.stringContaining('docker') },
    ],
  });
});

test.each([
  [['see http://evil.example now', 'Shopping evil.com', 'call +1 900 555 0199', 'two\nlines']],
  // The last is longer than the SMS server takes: the database counts characters, it counts units.
  [['override \u202e', 'password: hunter22x', '🛒'.repeat(31)]],
])('budgets whose names are no names are texted about without them (%#)', async (names) => {
  const home = await household();
  const budgets = ['Shopping', 'Food & Dining', 'Entertainment', 'Transportation'];
  for (const [at, category] of budgets.entries()) {
    // Figures of their own: a text like another would not go out. The last two are not due otherwise.
    if (at > 1 && names[at] !== undefined) spend(home, category, 20_000);
    rename(home, category, names[at] ?? category);
  }
  const { report } = await alert(home);
  expect(report).toMatchObject({ failed: [], skipped: [] });
  expect(report.sent).toHaveLength(names.length);
  const texts = bodies(home);
  expect(texts).toHaveLength(names.length);
  expect(new Set(texts).size).toBe(names.length);
  for (const text of texts)
    expect(text).toMatch(/^\[!!?\] SpendWise: one of your budgets\nCHF [\d.]+\/\d+ \(\d+%\)$/);
  expect(texts).toContain('[!!] SpendWise: one of your budgets\nCHF 95/80 (119%)');
});

test('counts the second of two equal texts as failed, and sends it in the next run', async () => {
  const home = await household();
  for (const [name, bad] of [
    ['Shopping', 'evil.com'],
    ['Food & Dining', 'evil.net'],
  ] as const)
    rename(home, name, bad);
  const db = new Database(home.database);
  db.exec('UPDATE budgets SET limit_minor = 8000 WHERE limit_minor = 15000');
  db.close();
  spend(home, 'evil.com', 4000);
  expect(await alert(home)).toMatchObject({
    code: 1,
    report: { sent: [{}], failed: [{ reason: expect.stringContaining('the same text') }] },
  });
  expect(await alert(home)).toMatchObject({ code: 0, report: { sent: [{}], failed: [] } });
  expect(bodies(home)).toEqual(Array(2).fill('[!!] SpendWise: one of your budgets\nCHF 135/80 (169%)'));
  expect((await alert(home)).report).toMatchObject({ due: [], sent: [] });
});

test('sends a forecast with the expected amount, if configured', async () => {
  const home = await household();
  const set = { SPENDWISE_THRESHOLDS: 'forecast' };
  spend(home, 'Transportation', 4000);
  await alert(home, { set });
  const day = Temporal.Now.plainDateISO();
  const early = day.dayOfWeek === 1;
  const sunday = day.add({ days: 7 - day.dayOfWeek });
  const texts = bodies(home).filter((body) => body.includes('Transportation'));
  if (early || day.dayOfWeek === 7) expect(texts).toEqual([]);
  else
    expect(texts).toEqual([
      `[!] SpendWise: Transportation\nCHF 85/100 (85%)\nAt this pace: CHF ${(
        Math.round((8500 * 7 * 2) / day.dayOfWeek / 2) / 100
      )
        .toFixed(2)
        .replace('.00', '')} by ${sunday}`,
    ]);
});

test('Ctrl-C in the middle of a send: exit code 130, and the next run looks it up', async () => {
  const home = await household();
  home.twilio.faults.next({ kind: 'late', ms: 5000 });
  let kill: (signal: NodeJS.Signals) => void = () => {};
  const running = spendwise(['alert', '--json', '--yes', '--runtime', 'process'], {
    env: home.env,
    onStart: (signal) => {
      kill = signal;
    },
  });
  while (home.twilio.inbox.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  kill('SIGINT');
  const ran = await running;
  expect(ran.code).toBe(130);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    sent: [],
    unknown: [{ category: 'Shopping' }],
    skipped: [{ category: 'Food & Dining', reason: 'interrupted before it' }],
  });
  expect((await alert(home)).report).toMatchObject({ sent: [{ category: 'Food & Dining' }], unknown: [] });
  expect(bodies(home)).toEqual([SHOPPING, FOOD]);
});

test('a run leaves an audit log that says what was called, and nothing beside it', async () => {
  const home = await household();
  await alert(home);
  const verified = await spendwiseHere(['sandbox', 'audit', 'verify'], { env: home.env });
  expect(verified.code).toBe(0);
  const names = readdirSync(home.env.SPENDWISE_STATE_DIR).sort();
  expect(names).toEqual(['audit', 'code', 'ledger.db', 'texting-since']);
});

test('sends each alert once when two commands run at the same time', async () => {
  const home = await household();
  const both = await Promise.all([alert(home, PROGRAM), alert(home, PROGRAM)]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(bodies(home).sort()).toEqual([FOOD, SHOPPING].sort());
  expect(both.flatMap(({ report }) => report.sent)).toHaveLength(2);
});

test.each(['stdout', 'stderr'] as const)(
  'a reader of its %s that is gone does not keep it from sending',
  async (gone) => {
    const home = await household();
    const child = spawn(process.execPath, ['agent/spendwise.js', 'alert', '--yes', '--runtime', 'process'], {
      env: { PATH: process.env.PATH, ...home.env },
      stdio: ['ignore', gone === 'stdout' ? 'pipe' : 'ignore', gone === 'stderr' ? 'pipe' : 'ignore'],
    });
    child[gone]?.destroy();
    await once(child, 'exit');
    expect(home.twilio.inbox).toHaveLength(2);
  },
);
