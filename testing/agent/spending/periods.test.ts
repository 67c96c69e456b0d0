import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecastMinor } from '../../../agent/spending/forecast.ts';
import { setBudget } from '../../../agent/spending/household/budgets.ts';
import { writeTransaction } from '../../../agent/spending/household/typed-transactions.ts';
import { type PeriodKind, periodOf, today } from '../../../agent/spending/periods.ts';
import { budgetStatuses, otherCurrencies } from '../../../agent/spending/status.ts';
import { spendingInMemory } from '../../support/spending.ts';

const day = (text: string) => Temporal.PlainDate.from(text);

test.each<[PeriodKind, string, string, string]>([
  // Week 53 of 2026 ends in 2027, and week 1 of 2026 begins in 2025.
  ['week', '2026-12-31', '2026-12-28', '2027-01-04'],
  ['week', '2027-01-03', '2026-12-28', '2027-01-04'],
  ['week', '2026-01-01', '2025-12-29', '2026-01-05'],
  ['month', '2027-01-31', '2027-01-01', '2027-02-01'],
  ['month', '2028-02-29', '2028-02-01', '2028-03-01'],
  ['month', '2026-12-31', '2026-12-01', '2027-01-01'],
  ['year', '2028-02-29', '2028-01-01', '2029-01-01'],
])('the %s of %s is from %s to %s', (kind, date, start, end) => {
  expect(periodOf(kind, day(date))).toEqual({ kind, start, end });
});

test.each([
  // Before and after the clocks change, a minute on each side of midnight.
  ['Europe/Zurich', '2026-03-28T22:59:59Z', '2026-03-28'],
  ['Europe/Zurich', '2026-03-28T23:00:00Z', '2026-03-29'],
  ['Europe/Zurich', '2026-03-29T21:59:59Z', '2026-03-29'],
  ['Europe/Zurich', '2026-03-29T22:00:00Z', '2026-03-30'],
  ['Europe/Zurich', '2026-10-25T22:59:59Z', '2026-10-25'],
  ['Europe/Zurich', '2026-10-25T23:00:00Z', '2026-10-26'],
  // Half an hour of summer time.
  ['Australia/Lord_Howe', '2026-04-04T12:59:59Z', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-04-05T13:29:59Z', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-04-05T13:30:00Z', '2026-04-06'],
  // The first to see a new year, and the last.
  ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01'],
  ['Pacific/Pago_Pago', '2027-01-01T10:59:59Z', '2026-12-31'],
  // Midnight does not exist on the day the clocks go forward.
  ['America/Asuncion', '2024-10-06T04:00:00Z', '2024-10-06'],
  ['America/Asuncion', '2024-10-06T03:59:59Z', '2024-10-05'],
])('in %s, %s is on %s', (zone, instant, date) => {
  expect(today(zone, Temporal.Instant.from(instant)).toString()).toBe(date);
});

test("each period's spending sums to the whole, in each currency", () => {
  const first = day('2024-01-01');
  const entry = fc.record({
    date: fc.integer({ min: 0, max: 1500 }),
    minor: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    currency: fc.constantFrom('CHF', 'JPY', 'KWD'),
    transfer: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 40 }),
      fc.constantFrom('week', 'month', 'year'),
      (entries, kind) => {
        const db = spendingInMemory();
        for (const currency of ['CHF', 'JPY', 'KWD'])
          setBudget(db, { category: 'Food', amount: '10', period: kind, currency });
        const add = db.prepare(
          'INSERT INTO transactions (date, amount_minor, currency, category_id, transfer) VALUES (?, ?, ?, 1, ?)',
        );
        for (const { date, minor, currency, transfer } of entries)
          add.run(first.add({ days: date }).toString(), minor, currency, Number(transfer));
        const sums = new Map<string, number>();
        for (let at = first; at.year < 2029; ) {
          const { end } = periodOf(kind, at);
          for (const { currency, spentMinor } of budgetStatuses(db, day(end).subtract({ days: 1 })))
            sums.set(currency, (sums.get(currency) ?? 0) + spentMinor);
          at = day(end);
        }
        for (const [currency, sum] of sums) {
          const own = entries.filter((one) => one.currency === currency && !one.transfer);
          expect(sum).toBe(own.reduce((whole, { minor }) => whole - minor, 0));
        }
      },
    ),
    { numRuns: 10 },
  );
});

test('two currencies of one category stand side by side and are never added', () => {
  const db = spendingInMemory();
  const now = day('2026-11-25');
  for (const currency of ['CHF', 'EUR'])
    setBudget(db, { category: 'food', amount: '100', period: 'week', currency });
  const add = (amount: string, currency: string, more = {}) =>
    writeTransaction(db, { amount, currency, category: 'food', ...more }, now);
  add('60', 'CHF');
  add('10', 'CHF', { refund: true });
  add('70', 'EUR');
  add('5', 'USD');
  add('1', 'USD', { refund: true });
  add('900', 'JPY', { transfer: true });
  const statuses = budgetStatuses(db, now);
  expect(statuses.map(({ currency, spentMinor, percent }) => [currency, spentMinor, percent])).toEqual([
    ['EUR', 7000, 70],
    ['CHF', 5000, 50],
  ]);
  for (const status of statuses)
    expect(otherCurrencies(db, status, now)).toEqual([{ currency: 'USD', spentMinor: 400 }]);
});

test('a forecast is never below what is spent, and on the last day it is that', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4000 }),
      fc.constantFrom<PeriodKind>('week', 'month', 'year'),
      fc.integer({ min: 1, max: 2 ** 50 }),
      (days, kind, spentMinor) => {
        const now = day('2024-01-01').add({ days });
        const { start: periodStart, end: periodEnd } = periodOf(kind, now);
        const at = (asOf: Temporal.PlainDate) => forecastMinor({ periodStart, periodEnd, spentMinor }, asOf);
        expect(at(now) ?? spentMinor).toBeGreaterThanOrEqual(spentMinor);
        expect(at(day(periodEnd).subtract({ days: 1 }))).toBe(spentMinor);
        expect(at(day(periodEnd))).toBeUndefined();
      },
    ),
  );
});
