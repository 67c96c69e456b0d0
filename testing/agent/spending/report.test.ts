import { expect, test } from 'vitest';
import type { SpendingDatabase } from '../../../agent/spending/database.ts';
import { addCategory } from '../../../agent/spending/household/categories.ts';
import { spendingReport } from '../../../agent/spending/report/report.ts';
import { yearReport } from '../../support/reports.ts';
import { spendingInMemory } from '../../support/spending.ts';

const day = (text: string) => Temporal.PlainDate.from(text);

type Row = [
  date: string,
  amountMinor: number,
  category: string,
  merchant?: string,
  currency?: string,
  transfer?: 0 | 1,
];

function add(db: SpendingDatabase, ...rows: readonly Row[]): void {
  const insert = db.prepare(
    `INSERT INTO transactions (date, amount_minor, category_id, merchant, currency, transfer)
     VALUES (?, ?, (SELECT id FROM categories WHERE name = ?), ?, ?, ?)`,
  );
  for (const [date, amount, category, merchant = '', currency = 'CHF', transfer = 0] of rows)
    insert.run(date, amount, category, merchant, currency, transfer);
}

const budget = (
  db: SpendingDatabase,
  category: string,
  period: string,
  limitMinor: number,
  currency = 'CHF',
) =>
  db
    .prepare(
      'INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES ((SELECT id FROM categories WHERE name = ?), ?, ?, ?)',
    )
    .run(category, period, limitMinor, currency);

test('a budget has its course by day, an even pace, a forecast, and the day on which it will be over', () => {
  const db = spendingInMemory();
  budget(db, 'Food', 'week', 7000);
  add(
    db,
    ['2026-11-22', -9900, 'Food'],
    ['2026-11-23', -2000, 'Food'],
    ['2026-11-25', -3500, 'Food'],
    ['2026-11-25', 500, 'Food'],
    ['2026-11-25', -8000, 'Food', 'Savings', 'CHF', 1],
    ['2026-11-25', -700, 'Food', '', 'EUR'],
    ['2026-11-27', -9900, 'Food'],
  );
  const [food] = spendingReport(db, day('2026-11-26')).budgets;
  expect(food).toMatchObject({
    courseMinor: [2000, 2000, 5000, 5000],
    spentMinor: 5000,
    // 4 of 7 days; 50 in 4 days are 87.50 in 7, and 70 is passed on the sixth.
    paceMinor: 4000,
    forecastMinor: 8750,
    overOn: '2026-11-28',
    spendingDays: 2,
    otherCurrencies: [{ currency: 'EUR', spentMinor: 700 }],
  });
});

test('months by category are net of refunds, without transfers and income, each currency by itself', () => {
  const db = spendingInMemory();
  add(
    db,
    ['2025-11-30', -9900, 'Food'],
    ['2025-12-01', -1000, 'Food'],
    ['2026-10-31', -2000, 'Food'],
    ['2026-10-31', 2500, 'Food'],
    ['2026-11-02', -300, 'Food'],
    ['2026-11-02', -40000, 'Food', '', 'JPY'],
    ['2026-11-02', -5000, 'Travel', '', 'CHF', 1],
    ['2026-11-02', 620000, 'Income'],
    ['2026-11-03', -9900, 'Food'],
  );
  const report = spendingReport(db, day('2026-11-02'));
  expect([report.months[0], report.months[11]]).toEqual(['2025-12', '2026-11']);
  expect(report.categories).toEqual([
    {
      category: 'Food',
      currency: 'CHF',
      spentMinor: [1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, -500, 300],
      refundedMinor: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2500, 0],
      // 500 in eleven months are 45.45.
      averageMinor: 45,
    },
    expect.objectContaining({ category: 'Food', currency: 'JPY', averageMinor: 0 }),
  ]);
});

test('this month so far is compared with the same days of the month before, the last one with the average', () => {
  const db = spendingInMemory();
  add(
    db,
    ['2026-08-15', -1000, 'Travel', 'Rail'],
    ['2026-09-15', -2001, 'Travel', 'Rail'],
    ['2026-10-02', -4000, 'Travel', 'Rail'],
    ['2026-10-04', -500, 'Food', 'Shop'],
    ['2026-10-05', -8000, 'Food', 'Shop'],
    ['2026-11-01', -700, 'Food', 'Shop'],
    ['2026-11-04', -300, 'Food', 'Bakery'],
    ['2026-11-04', -300, 'Food', 'Bakery'],
    ['2026-11-05', -9900, 'Food', 'Later'],
  );
  const report = spendingReport(db, day('2026-11-04'));
  expect(report.monthSoFar).toMatchObject({
    from: '2026-11-01',
    to: '2026-11-04',
    earlierFrom: '2026-10-01',
    earlierTo: '2026-10-04',
    totals: [{ spentMinor: 1300, earlierMinor: 4500 }],
    categories: [
      { name: 'Travel', spentMinor: 0, earlierMinor: 4000 },
      { name: 'Food', spentMinor: 1300, earlierMinor: 500 },
    ],
    merchants: [{ name: 'Rail' }, { name: 'Bakery', spentMinor: 600 }, { name: 'Shop', spentMinor: 700 }],
  });
  expect(report.lastMonth).toMatchObject({
    from: '2026-10-01',
    to: '2026-10-31',
    earlierFrom: '2026-08-01',
    earlierTo: '2026-09-30',
    earlierMonths: 2,
    categories: [
      { name: 'Food', spentMinor: 8500, earlierMinor: 0 },
      // 30.01 in two months.
      { name: 'Travel', spentMinor: 4000, earlierMinor: 1501 },
    ],
  });
  expect(report.newMerchants).toEqual([
    { merchant: 'Bakery', currency: 'CHF', firstOn: '2026-11-04', spentMinor: 600, transactions: 2 },
  ]);
  expect(report.monthCourses).toEqual([
    {
      currency: 'CHF',
      soFarMinor: [700, 700, 700, 1300],
      beforeMinor: [0, 4000, 4000, 4500, ...Array.from({ length: 27 }, () => 12500)],
    },
  ]);
});

test.each([
  ['2026-03-31', '2026-02-28'],
  ['2026-03-29', '2026-02-28'],
  ['2026-02-28', '2026-01-31'],
  ['2026-02-27', '2026-01-27'],
])('on %s the same days of the month before end on %s', (today, earlierTo) => {
  const db = spendingInMemory();
  add(db, ['2025-12-01', -100, 'Food']);
  expect(spendingReport(db, day(today)).monthSoFar).toMatchObject({ earlierTo });
});

test('without transactions, or with those of this month alone, nothing is compared', () => {
  const db = spendingInMemory();
  const empty = spendingReport(db, day('2026-11-29'));
  expect(empty).toMatchObject({
    budgets: [],
    categories: [],
    monthSoFar: null,
    lastMonth: null,
    newMerchants: [],
  });
  add(db, ['2026-11-29', -500, 'Food', 'Shop']);
  const first = spendingReport(db, day('2026-11-29'));
  expect(first).toMatchObject({ monthSoFar: null, lastMonth: null, newMerchants: [] });
  expect(first.categories[0]).toMatchObject({ averageMinor: null });
});

test('of each currency the biggest changes are listed, the household’s first', () => {
  const db = spendingInMemory();
  for (const name of 'ABCDEFG') addCategory(db, name, 'expense');
  add(db, ['2026-10-01', -1, 'Food']);
  for (const [at, name] of [...'ABCDEFG'].entries())
    add(db, ['2026-11-01', -100 * (at + 1), name], ['2026-11-01', -100_000 * (at + 1), name, '', 'AUD']);
  const { monthSoFar } = spendingReport(db, day('2026-11-29'));
  expect(monthSoFar?.categories.map(({ name, currency }) => `${name} ${currency}`)).toEqual(
    ['CHF', 'AUD'].flatMap((currency) => [...'GFEDC'].map((name) => `${name} ${currency}`)),
  );
  expect(monthSoFar?.totals.map(({ currency }) => currency)).toEqual(['CHF', 'AUD']);
});

test('the figures of the seed’s year add up', () => {
  const { categories, monthCourses, monthSoFar, budgets } = yearReport();
  const november = categories.reduce((sum, { spentMinor }) => sum + (spentMinor[11] ?? 0), 0);
  expect(monthCourses[0]?.soFarMinor.at(-1)).toBe(november);
  expect(monthSoFar?.totals).toMatchObject([{ currency: 'CHF', spentMinor: november }]);
  const october = categories.reduce((sum, { spentMinor }) => sum + (spentMinor[10] ?? 0), 0);
  expect(monthCourses[0]?.beforeMinor.at(-1)).toBe(october);
  for (const budget of budgets) expect(budget.courseMinor.at(-1)).toBe(budget.spentMinor);
});
