import { expect, test } from 'vitest';
import { textOf } from '../../../agent/pages/document.ts';
import { lead } from '../../../agent/pages/report/lead.ts';
import { reportPage } from '../../../agent/pages/report/page.ts';
import type { Report } from '../../../agent/pages/report/report.ts';
import { asText, short } from '../../../agent/pages/report/words.ts';
import type { BudgetCourse } from '../../../agent/spending/report/budget-courses.ts';
import { spendingReport } from '../../../agent/spending/report/report.ts';
import { hostileReport, yearReport } from '../../support/reports.ts';
import { spendingInMemory } from '../../support/spending.ts';

const year = yearReport();
const pageOf = (report: Report) => textOf(reportPage(report));
const page = pageOf(year);
/** Without tags, as it is read. */
const read = (text: string) =>
  text
    .replace(/<style>[\s\S]*?<\/style>|<[^>]*>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('\u00a0', ' ');

test('the page of a year leads with what is most important, and has every budget, category and alert', () => {
  expect(/<h1>(.*?)<\/h1>/.exec(page)?.map(read)[1]).toBe(
    'Shopping is 42% over its weekly budget; Transportation will be, by Sunday',
  );
  const text = read(page);
  for (const { category } of [...year.budgets, ...year.categories]) expect(text).toContain(category);
  expect(text).toContain('CHF 113.40 of 80 this week');
  expect(text).toContain(
    'Since 1 November, CHF 4,035.70 was spent, 11% more than in the same days of October.',
  );
  expect(text).toContain('not delivered the phone could not be reached (30003)');
  expect(text).toContain('snoozed until 2026-12-01 00:00');
});

test('it is smaller than 100 kB, and has no script', () => {
  expect(Buffer.byteLength(page)).toBeLessThan(100_000);
  expect(page).not.toContain('<script');
});

test('each drawing says in words what it shows', () => {
  const drawings = page.match(/<svg [^>]*>/g) ?? [];
  expect(drawings.length).toBeGreaterThan(30);
  for (const drawing of drawings)
    expect(drawing).toMatch(/aria-hidden="true"|role="img" aria-label="[^"]{20,}"/);
});

test('hostile names and huge amounts stay text, bounded', () => {
  const text = pageOf(hostileReport());
  expect(text).not.toMatch(/<script|<img|<base|onload="|onerror="|\u202e|\u2066|NaN|Infinity|undefined/);
  expect(text).not.toContain('\u001b');
  expect(text.match(/<\/style>/g)).toHaveLength(1);
  expect(text).toContain('&lt;script&gt;canary = 1&lt;/script&gt;');
  expect(text).not.toContain('W'.repeat(130));
  expect(Buffer.byteLength(text)).toBeLessThan(300_000);
});

test('sixty categories and budgets are bounded: the rest is counted, and in the table', () => {
  const sixty = <T extends { category: string }>(all: readonly T[]): T[] =>
    Array.from({ length: 60 }, (_, at) => ({ ...(all[at % all.length] as T), category: `Number ${at}` }));
  const text = pageOf({ ...year, budgets: sixty(year.budgets), categories: sixty(year.categories) });
  expect(read(text)).toContain('And 36 budgets of which less is used: spendwise status.');
  expect(read(text)).toContain('And 48 smaller categories, in the table.');
  expect(read(text)).toContain('Number 59, CHF');
  expect(Buffer.byteLength(text)).toBeLessThan(300_000);
});

const headline = (...budgets: Partial<BudgetCourse>[]) =>
  asText(lead({ ...year, budgets: budgets.map((own) => ({ ...quiet, ...own })) }).headline);
const quiet = {
  ...(year.budgets[0] as BudgetCourse),
  category: 'Food',
  spentMinor: 1000,
  limitMinor: 10000,
  percent: 10,
  state: 'ok',
  overOn: null,
} as const;
const over = { state: 'over', spentMinor: 12000, percent: 120 } as const;
const soon = { category: 'Travel', overOn: '2026-11-28', spendingDays: 3 } as const;

test.each<[string, Partial<BudgetCourse>[]]>([
  ['Food is 20% over its weekly budget', [over]],
  ['Food is just over its weekly budget', [{ ...over, percent: 100 }]],
  ['Food is at 12 times its monthly budget', [{ ...over, percent: 1234, period: 'month' }]],
  ['Food is CHF 120 over its weekly budget', [{ ...over, limitMinor: 0, percent: null }]],
  ['Food is 20% over its weekly budget; Travel will be, by Saturday', [over, soon]],
  ['Food is 20% over its weekly budget, and Rent is over too', [over, { ...over, category: 'Rent' }]],
  ['Food and two other budgets are over; Travel and one other will be', [over, over, over, soon, soon]],
  ['Travel will be over its weekly budget by Saturday', [quiet, soon]],
  ['Travel will be over its weekly budget by 30 December', [{ ...soon, overOn: '2026-12-30' }]],
  ['Travel and one other budget will be over soon', [soon, soon]],
  ['Food has used up its weekly budget', [{ state: 'reached', percent: 100, spentMinor: 10000 }]],
  ['Both budgets hold, but Food has only CHF 10 left', [{ state: 'warn', spentMinor: 9000 }, quiet]],
  ['The budget holds; Food has CHF 90 left', [quiet]],
  ['No budget has been touched yet', [{ spentMinor: 0 }]],
  ['CHF 4,035.70 spent in November, 11% more than in the same days of October', []],
])('the headline says: %s', (text, budgets) => {
  expect(headline(...budgets)).toBe(text);
});

test('two payments are no pace: nothing is said to be over soon, and no forecast is drawn', () => {
  expect(headline({ ...soon, spendingDays: 2 })).toBe('The budget holds; Travel has CHF 90 left');
  const rent = year.budgets.find(({ category }) => category === 'Bills & Utilities') as BudgetCourse;
  expect(rent).toMatchObject({ spendingDays: 2, forecastMinor: 216556 });
  expect(pageOf({ ...year, budgets: [rent] })).not.toContain('forecast');
});

test('an empty database, and one day of data, make a page', () => {
  const db = spendingInMemory();
  const of = (): Report => ({
    ...spendingReport(db, Temporal.PlainDate.from('2026-11-01')),
    alerts: [],
    waiting: [],
  });
  expect(read(pageOf(of()))).toContain('Nothing has been spent yet');
  db.exec(
    `INSERT INTO transactions (date, amount_minor, currency, category_id) VALUES ('2026-11-01', -500, 'CHF', 1);
     INSERT INTO budgets (category_id, period, limit_minor, currency) VALUES (1, 'year', 0, 'CHF'), (2, 'month', 100, 'KWD')`,
  );
  const text = pageOf(of());
  expect(read(text)).not.toContain('What changed');
  expect(text).not.toMatch(/NaN|Infinity|undefined/);
});

test.each([
  [194900, 'CHF', '1,949'],
  [45, 'CHF', '0.45'],
  [-1999950, 'CHF', '-20k'],
  [999, 'JPY', '999'],
  [1500, 'KWD', '1.500'],
  [123_456_789_000, 'EUR', '1.2bn'],
  [Number.MAX_SAFE_INTEGER, 'JPY', '9007.2tn'],
])('%i minor units of %s are %s in a drawing', (minor, currency, text) => {
  expect(short(minor, currency)).toBe(text);
});
