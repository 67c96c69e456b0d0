import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { budgetAlerts } from '../../../../agent/alerts/budget-alerts.ts';
import { Ledger } from '../../../../agent/alerts/ledger/ledger.ts';
import { alertSettings } from '../../../../agent/alerts/settings.ts';
import { type Household, household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { runProgram, spendwise } from '../../../support/run.ts';
import { VERSION_2 } from './version-2.ts';

const stateOf = ({ env }: Household) => env.SPENDWISE_STATE_DIR;

/** What was sent by the version before: Shopping is over, as the seed has it. Food is snoozed. */
async function ofVersion2() {
  const home = await household();
  mkdirSync(stateOf(home), { mode: 0o700 });
  const db = new Database(join(stateOf(home), 'ledger.db'));
  db.exec(VERSION_2);
  const monday = Temporal.Now.plainDateISO().subtract({ days: Temporal.Now.plainDateISO().dayOfWeek - 1 });
  db.prepare(
    `INSERT INTO intents VALUES (1, 'alert', 'sent', 'send_budget_alert', ?, 'Shopping', 'CHF', 'week', ?, 'over',
       9500, 8000, '+12025550143', 'Shopping', NULL, ?, NULL, ?, ?, ?, '{}', 3, 3)`,
  ).run(home.database, monday.toString(), `SM${'a'.repeat(32)}`, Date.now(), Date.now(), Date.now());
  db.prepare('INSERT INTO snoozes VALUES (?, ?, ?)').run(home.database, 'Food & Dining', Date.now() + 60_000);
  db.close();
  return home;
}

const statesOf = (home: Household, ledger: Ledger | undefined) =>
  budgetAlerts({ database: home.database, ledger, settings: alertSettings({}), today: undefined })
    .map(({ status, alert }) => [status.category, alert.state])
    .slice(0, 2);

test.each(['write', 'read'] as const)(
  'what version 2 had sent is not due again, and its snoozes last, for who opens its ledger to %s',
  async (mode) => {
    const home = await ofVersion2();
    const ledger = mode === 'write' ? Ledger.open(stateOf(home)) : Ledger.openIfThere(stateOf(home));
    onTestFinished(() => ledger?.close());
    expect(statesOf(home, ledger)).toEqual([
      ['Shopping', 'done'],
      ['Food & Dining', 'held'],
    ]);
    expect(ledger?.toFollow()).toMatchObject([{ id: 1 }]);
    expect(ledger?.untold(home.database, '2000-01-01')).toEqual([]);
    const db = new Database(join(stateOf(home), 'ledger.db'));
    onTestFinished(() => void db.close());
    expect(db.pragma('user_version', { simple: true })).toBe(mode === 'write' ? 3 : 2);
  },
);

test('an upgraded ledger has the tables and indexes of a new one', async () => {
  const home = await ofVersion2();
  const [upgraded, fresh] = [stateOf(home), stateOf(await household())].map((dir) => {
    Ledger.open(dir).close();
    const db = new Database(join(dir, 'ledger.db'));
    onTestFinished(() => void db.close());
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
  });
  expect(upgraded).toEqual(fresh);
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
