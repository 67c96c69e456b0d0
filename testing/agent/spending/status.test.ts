import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { readDatabase } from '../../../agent/spending/database.ts';
import { periodOf } from '../../../agent/spending/periods.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { budgetStatuses, percentOf, SPENT, stateOf } from '../../../agent/spending/status.ts';
import { temporaryFolder } from '../../support/folder.ts';

const day = (text: string) => Temporal.PlainDate.from(text);

test.each([
  [0, 15000, 0, 'ok'],
  [11999, 15000, 79, 'ok'],
  [12000, 15000, 80, 'warn'],
  [13500, 15000, 90, 'warn'],
  [14940, 15000, 99, 'warn'],
  [14999, 15000, 99, 'warn'],
  [15000, 15000, 100, 'reached'],
  [15001, 15000, 100, 'over'],
  [9500, 8000, 119, 'over'],
  [0, 0, 0, 'ok'],
  [1, 0, null, 'over'],
  [-500, 15000, 0, 'ok'],
])('%i of %i is %s %% and %s', (spent, limit, percent, state) => {
  expect(percentOf(spent, limit)).toBe(percent);
  expect(stateOf(spent, limit)).toBe(state);
});

test('periods are half-open, and weeks start on Monday', () => {
  expect(periodOf('week', day('2026-11-22'))).toEqual({
    kind: 'week',
    start: '2026-11-16',
    end: '2026-11-23',
  });
  expect(periodOf('week', day('2026-11-23'))).toEqual({
    kind: 'week',
    start: '2026-11-23',
    end: '2026-11-30',
  });
  expect(periodOf('month', day('2024-02-29'))).toEqual({
    kind: 'month',
    start: '2024-02-01',
    end: '2024-03-01',
  });
  expect(periodOf('year', day('2026-12-31'))).toEqual({
    kind: 'year',
    start: '2026-01-01',
    end: '2027-01-01',
  });
});

const WEEK = [
  '2026-11-23',
  '2026-11-24',
  '2026-11-25',
  '2026-11-26',
  '2026-11-27',
  '2026-11-28',
  '2026-11-29',
];

test.each([...WEEK, '2024-12-31', '2025-01-01'])('the original scenario has its figures on %s', (today) => {
  const path = join(temporaryFolder(), 'spendwise.db');
  expect(writeSeed(path, originalScenario(day(today)), 'Europe/Zurich')).toMatchObject({
    transactions: 10,
    budgets: 4,
  });
  const statuses = readDatabase(path, (db) => budgetStatuses(db, day(today)));
  expect(statuses.map((s) => [s.category, s.spentMinor, s.limitMinor, s.percent, s.state])).toEqual([
    ['Shopping', 9500, 8000, 119, 'over'],
    ['Food & Dining', 13500, 15000, 90, 'warn'],
    ['Transportation', 4500, 10000, 45, 'ok'],
    ['Entertainment', 1500, 5000, 30, 'ok'],
  ]);
});

test('refunds net, transfers do not count, pending counts and is marked, other weeks stay out', () => {
  const path = join(temporaryFolder(), 'spendwise.db');
  writeSeed(path, originalScenario(day('2026-11-25')), 'Europe/Zurich');
  const db = new Database(path);
  const add = db.prepare(
    `INSERT INTO transactions (date, amount_minor, currency, category_id, transfer, pending)
     VALUES (?, ?, ?, (SELECT id FROM categories WHERE name = 'Shopping'), ?, ?)`,
  );
  add.run('2026-11-24', 2000, 'CHF', 0, 0);
  add.run('2026-11-24', -90000, 'CHF', 1, 0);
  add.run('2026-11-25', -1000, 'CHF', 0, 1);
  add.run('2026-11-22', -5000, 'CHF', 0, 0);
  add.run('2026-11-30', -5000, 'CHF', 0, 0);
  add.run('2026-11-25', -5000, 'EUR', 0, 0);
  db.close();
  const statuses = readDatabase(path, (database) => budgetStatuses(database, day('2026-11-25')));
  expect(statuses.find((s) => s.category === 'Shopping')).toMatchObject({
    spentMinor: 8500,
    pendingMinor: 1000,
  });
});

test('what a budget sums is answered by an index alone', () => {
  const path = join(temporaryFolder(), 'spendwise.db');
  writeSeed(path, originalScenario(day('2026-11-20')), 'Europe/Zurich');
  const plan = readDatabase(path, (db) =>
    db.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${SPENT}`.replaceAll('?', '1')).all(),
  );
  expect(plan.map(({ detail }) => detail).join()).toMatch(/^SEARCH transactions USING COVERING INDEX/);
});
