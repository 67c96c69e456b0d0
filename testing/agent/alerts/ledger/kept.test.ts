import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { budgetAlerts } from '../../../../agent/alerts/budget-alerts.ts';
import { Ledger } from '../../../../agent/alerts/ledger/ledger.ts';
import { alertSettings } from '../../../../agent/alerts/settings.ts';
import { type Household, household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { runProgram, spendwise } from '../../../support/run.ts';
import { VERSION_1 } from './version-1.ts';

const stateOf = ({ env }: Household) => env.SPENDWISE_STATE_DIR;

const change = ({ database }: Household, sql: string) => {
  const db = new Database(database);
  db.exec(sql);
  db.close();
};

const swap = (home: Household) =>
  change(
    home,
    `UPDATE categories SET name = 'x' WHERE name = 'Shopping';
     UPDATE categories SET name = 'Shopping' WHERE name = 'Food & Dining';
     UPDATE categories SET name = 'Food & Dining' WHERE name = 'x';`,
  );

/** What was sent by the version before: Shopping is over, as the seed has it. */
async function upgraded() {
  const home = await household();
  const dir = stateOf(home);
  Ledger.open(dir).close();
  rmSync(join(dir, 'ledger.db'));
  rmSync(join(dir, 'texting-since'));
  const db = new Database(join(dir, 'ledger.db'));
  db.exec(VERSION_1);
  const monday = Temporal.Now.plainDateISO().subtract({ days: Temporal.Now.plainDateISO().dayOfWeek - 1 });
  db.prepare(
    `INSERT INTO intents VALUES (1, 'alert', 'sent', 'send_budget_alert', ?, 'Shopping', 'CHF', 'week', ?, 'over',
       9500, 8000, '+12025550143', 'Shopping', NULL, NULL, NULL, ?, ?, ?, '{}')`,
  ).run(home.database, monday.toString(), Date.now(), Date.now(), Date.now());
  db.close();
  return home;
}

/** Limits of the budgets whose alerts are due. */
function dueLimits(home: Household, mode: 'write' | 'read' = 'write') {
  const dir = stateOf(home);
  const ledger = mode === 'write' ? Ledger.open(dir) : Ledger.openIfThere(dir);
  try {
    return budgetAlerts({ database: home.database, ledger, settings: alertSettings({}), today: undefined })
      .filter(({ alert }) => alert.state === 'due')
      .map(({ status }) => status.limitMinor)
      .sort((a, b) => a - b);
  } finally {
    ledger?.close();
  }
}

test.each<[string, (home: Household) => void]>([
  ['at once', () => {}],
  [
    'when its category has another name',
    (home) => change(home, "UPDATE categories SET name = 'New' WHERE name = 'Shopping'"),
  ],
  ['when two names were swapped', swap],
])(
  'what the version before had sent is not due again: %s, before the upgrade or after it',
  async (_what, happens) => {
    const [before, after] = [await upgraded(), await upgraded()];
    happens(before);
    expect(dueLimits(before)).toEqual([15_000]);
    expect(dueLimits(after)).toEqual([15_000]);
    happens(after);
    expect(dueLimits(after)).toEqual([15_000]);
  },
);

test('sends a new alert after the limit was raised', async () => {
  const home = await upgraded();
  dueLimits(home);
  change(home, 'UPDATE budgets SET limit_minor = 9000 WHERE limit_minor = 8000');
  expect(dueLimits(home)).toEqual([9000, 15_000]);
});

test('a ledger of the version before is only read by who only looks, and by name where its database is gone', async () => {
  const home = await upgraded();
  expect(dueLimits(home, 'read')).toEqual([15_000]);
  const db = new Database(join(stateOf(home), 'ledger.db'));
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  db.exec(`UPDATE intents SET database = '/gone.db'`);
  db.close();
  const ledger = Ledger.open(stateOf(home));
  onTestFinished(() => ledger.close());
  expect(ledger.history(1)).toMatchObject([{ alert: { category: 'Shopping', budgetId: undefined } }]);
});

/** A ledger with a few texts in it, and the folder it is in. */
async function begun() {
  const dir = stateOf(await household());
  const ledger = Ledger.open(dir);
  for (let n = 0; n < 8; n += 1)
    ledger.reserve({ tool: 'send_sms', recipient: '+12025550143', body: `text ${n}` });
  ledger.close();
  return { dir, file: join(dir, 'ledger.db') };
}

test('refuses a missing or empty ledger until the user starts a new one', async () => {
  for (const lose of [rmSync, (file: string) => truncateSync(file, 0)]) {
    const { dir, file } = await begun();
    lose(file);
    expect(() => Ledger.open(dir)).toThrow(/is (missing|empty)/);
    expect(() => Ledger.openIfThere(dir)).toThrow(/is (missing|empty)/);
    expect(existsSync(file)).toBe(lose !== rmSync);
    Ledger.beginAnew(dir);
    const ledger = Ledger.open(dir);
    expect(ledger.history(9)).toEqual([]);
    ledger.close();
    expect(() => Ledger.beginAnew(dir)).toThrow(/in order/);
  }
});

test('a ledger that was cut off, wherever, or written over, is damaged, and nothing is written to it', async () => {
  const { dir, file } = await begun();
  const size = new Database(file, { readonly: true }).pragma('page_count', { simple: true }) as number;
  const cuts = [
    ...Array.from({ length: size - 1 }, (_, page) => (page + 1) * 4096),
    1,
    15,
    99,
    100,
    511,
    4095,
    5000,
  ];
  for (const bytes of cuts.sort((a, b) => b - a)) {
    truncateSync(file, bytes);
    expect(() => Ledger.open(dir), `${bytes} bytes`).toThrow(/damaged|another program|empty/);
  }
  writeFileSync(file, Buffer.alloc(8192));
  expect(() => Ledger.open(dir)).toThrow(/damaged|another program|gone|empty/);
  expect(Ledger.beginAnew(dir)).toMatch(/old$/);
});

test('what is dated later than now does not count against the caps, and stands against the same text all the same', async () => {
  const dir = stateOf(await household());
  let now = Date.now() + 400 * 24 * 3_600_000;
  const ledger = Ledger.open(dir, () => now);
  onTestFinished(() => ledger.close());
  const text = (n: number) => ({ tool: 'send_sms', recipient: '+12025550143', body: `text ${n}` });
  for (let n = 0; n < 20; n += 1) ledger.reserve(text(n));
  expect(ledger.cap()).toMatch(/an hour/);
  now = Date.now();
  expect(ledger.cap()).toBeUndefined();
  expect(ledger.reserve(text(0)).ok).toBe(false);
  expect(ledger.reserve(text(99)).ok).toBe(true);
});

const DAMAGE: readonly [string, (file: string) => void, RegExp][] = [
  ['damaged', (file) => writeFileSync(file, 'no database '.repeat(100)), /is damaged/],
  ['cut off', (file) => truncateSync(file, 4096), /is damaged/],
  ['empty', (file) => truncateSync(file, 0), /is empty/],
  ['gone', rmSync, /is missing/],
];

test('alert with a ledger that is lost ends with 1, names the file, says nothing of budgets and sends nothing', async () => {
  const home = await household();
  const file = join(stateOf(home), 'ledger.db');
  const { env } = home;
  for (const [what, damage, problem] of DAMAGE) {
    Ledger.open(stateOf(home)).close();
    damage(file);
    // Of one kind of damage each is a program of its own.
    const command = what === 'damaged' ? spendwise : spendwiseHere;
    const [text, json, dry] = [
      await command(['alert', '--yes', '--runtime', 'process'], { env }),
      await command(['alert', '--yes', '--json', '--runtime', 'process'], { env }),
      await command(['alert', '--dry-run'], { env }),
    ];
    expect(text).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(problem) });
    expect(text.stderr).toContain(file);
    expect(text.stderr).toContain('alert resolve --new-ledger');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      sent: [],
      error: { message: expect.stringMatching(problem) },
    });
    expect(dry).toMatchObject({ code: 1, stdout: '' });
    const anew = await command(['alert', 'resolve', '--new-ledger'], { env });
    expect(anew).toMatchObject({ code: 0, stdout: expect.stringMatching(/new ledger was started/) });
  }
  expect(home.twilio.inbox).toEqual([]);
});

test('on a disk without room nothing is sent, and nothing is said of budgets', async () => {
  const home = await household();
  Ledger.open(stateOf(home)).close();
  const command = `trap '' XFSZ; ulimit -f 0; exec "$0" agent/spendwise.js alert --yes --runtime process`;
  const ran = await runProgram('/bin/sh', ['-c', command, process.execPath], { env: home.env });
  expect(ran.code).toBe(1);
  expect(ran.stdout).not.toContain('No budget');
  expect(home.twilio.inbox).toEqual([]);
});
