import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { readDatabase } from '../../../agent/spending/database.ts';
import { prepareQueries, spendingBy } from '../../../agent/spending/queries.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { yearScenario } from '../../../agent/spending/seed/year.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { spendwise } from '../../support/run.ts';

const today = Temporal.PlainDate.from('2026-11-23');
const seeded = () => {
  const path = join(temporaryFolder(), 'data', 'spendwise.db');
  writeSeed(path, originalScenario(today), 'Europe/Zurich');
  return path;
};

test('an earlier seed is replaced', () => {
  const path = seeded();
  writeSeed(path, yearScenario(today, 1), 'Europe/Zurich');
  expect(writeSeed(path, originalScenario(today), 'Europe/Zurich').transactions).toBe(10);
});

test.each([
  [
    'a transaction of their own',
    "INSERT INTO transactions (date, amount_minor, currency, category_id) VALUES ('2026-01-01', -1, 'CHF', 1)",
  ],
  ['a changed budget', 'UPDATE budgets SET limit_minor = 99 WHERE id = 1'],
  ['a removed row', 'DELETE FROM transactions WHERE id = 3'],
  [
    'a table of their own',
    'CREATE TABLE notes (note TEXT, t INTEGER REFERENCES transactions (id) ON DELETE CASCADE)',
  ],
  ['a trigger of their own', 'CREATE TRIGGER mine AFTER INSERT ON budgets BEGIN SELECT 1; END'],
  ['another setting', "UPDATE settings SET value = 'Asia/Tokyo' WHERE name = 'time_zone'"],
])('a database with %s is left as it is, to the byte', async (_what, change) => {
  const path = seeded();
  const db = new Database(path);
  db.exec(change);
  db.close();
  const before = readFileSync(path);
  const ran = await spendwise(['seed'], { env: { SPENDWISE_DB: path } });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/^error: .*your own data.*\nhint: .*SPENDWISE_DB/);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("another program's file is left as it is", async () => {
  const folder = temporaryFolder();
  const other = join(folder, 'other.db');
  const notes = new Database(other);
  notes.pragma('journal_mode = WAL');
  notes.exec('CREATE TABLE notes (text)').close();
  const text = join(folder, 'letter.txt');
  writeFileSync(text, 'Dear Sir or Madam, '.repeat(100));
  for (const path of [other, text]) {
    const before = readFileSync(path);
    const ran = await spendwise(['seed'], { env: { SPENDWISE_DB: path } });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error: .*\nhint: .*\n$/);
    expect(readFileSync(path).equals(before)).toBe(true);
  }
});

test('a locked database is left as it is, with a word on the lock', async () => {
  const path = seeded();
  const db = new Database(path);
  db.exec('BEGIN EXCLUSIVE');
  const ran = await spendwise(['seed'], { env: { SPENDWISE_DB: path } });
  db.close();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/^error: .*locked.*\nhint: /);
});

test('the year scenario is the same for the same seed, and believable', () => {
  expect(yearScenario(today, 7)).toEqual(yearScenario(today, 7));
  expect(yearScenario(today, 7)).not.toEqual(yearScenario(today, 8));
  const path = join(temporaryFolder(), 'spendwise.db');
  writeSeed(path, yearScenario(today, 1), 'Europe/Zurich');
  const range = { from: '2025-11-01', to: '2026-11-01' };
  const rows = readDatabase(path, (db) => {
    prepareQueries(db, 10_000);
    return spendingBy(db, 'category', range, 50);
  });
  const total = rows.reduce((sum, row) => sum + row.spentMinor, 0);
  expect(rows.length).toBe(9);
  // Less than twelve salaries of 6200, more than half of them.
  expect(total).toBeGreaterThan(6200_00 * 6);
  expect(total).toBeLessThan(6200_00 * 12);
});

test('--json says what was written', async () => {
  const path = join(temporaryFolder(), 'new', 'spendwise.db');
  const ran = await spendwise(['seed', '--today', '2026-11-26', '--json'], { env: { SPENDWISE_DB: path } });
  expect(JSON.parse(ran.stdout)).toMatchObject({
    database: path,
    scenario: 'original',
    today: '2026-11-26',
    transactions: 10,
  });
});
