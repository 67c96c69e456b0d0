import { expect, test } from 'vitest';
import { amountOf, type DecimalSign } from '../../../../../agent/spending/import/csv/amounts.ts';
import { dateOf, ordersOf } from '../../../../../agent/spending/import/csv/dates.ts';

test.each([
  ['2026-01-30', 'ymd', '2026-01-30'],
  ['2026/1/3', 'ymd', '2026-01-03'],
  ['2026.01.30.', 'ymd', '2026-01-30'],
  ['20260130', 'ymd', '2026-01-30'],
  ['20260130235959', 'ymd', '2026-01-30'],
  ['2026-01-30T23:59:59.000Z', 'ymd', '2026-01-30'],
  ['2026年1月3日', 'ymd', '2026-01-03'],
  ['30.01.2026', 'dmy', '2026-01-30'],
  ['30. 1. 2026 12:00', 'dmy', '2026-01-30'],
  ['30/01/26', 'dmy', '2026-01-30'],
  ['03-04-2026', 'dmy', '2026-04-03'],
  ['03-04-2026', 'mdy', '2026-03-04'],
  ['1/30/2026 as of 01/29/2026', 'mdy', '2026-01-30'],
  ['30JAN2026', 'dmy', '2026-01-30'],
  ['30-Jan-26', 'dmy', '2026-01-30'],
  ['Jan 30, 2026', 'mdy', '2026-01-30'],
  ['Fri, 30 January 2026', 'dmy', '2026-01-30'],
  ['31.02.2026', 'dmy', undefined],
  ['13/13/2026', 'dmy', undefined],
  ['00.01.2026', 'dmy', undefined],
  ['001/20/2026', 'mdy', undefined],
  ['12.50', 'dmy', undefined],
  ['1234', 'ymd', undefined],
  ['', 'ymd', undefined],
  ['30.01.1899', 'dmy', undefined],
  [`30.01.2026 ${'9'.repeat(99)}`, 'dmy', undefined],
] as const)('the date %j in the order %s', (text, order, date) => {
  expect(dateOf(text, order)).toBe(date);
});

test('a day after the 12th settles the order, a month by name needs none', () => {
  expect(ordersOf('30/01/2026')).toEqual(['dmy']);
  expect(ordersOf('12/01/2026')).toEqual(['dmy', 'mdy']);
  expect(ordersOf('12 Jan 2026')).toEqual(['dmy', 'mdy', 'ymd']);
});

test.each<[string, DecimalSign, string | undefined]>([
  ["1'234.50", '.', '1234.50'],
  ['1’234.50', '.', '1234.50'],
  ['1,234.50', '.', '1234.50'],
  ['1,23,456.78', '.', '123456.78'],
  ['1.234,50', ',', '1234.50'],
  ['1\u00a0234,50', ',', '1234.50'],
  ['1\u202f234,50 €', ',', '1234.50'],
  ['(12.00)', '.', '-12.00'],
  ['12.00-', '.', '-12.00'],
  ['\u221212,00', ',', '-12.00'],
  ['12.00 CR', '.', '12.00'],
  ['-$1,234.00', '.', '-1234.00'],
  ['="-12.50"', '.', '-12.50'],
  ['CHF 100.-', '.', '100.0'],
  ['.5', '.', '0.5'],
  ['1.234', '.', '1.234'],
  ['1.234', ',', '1234.0'],
  ['--3', '.', undefined],
  ['(-3)', '.', undefined],
  ['12,50', '.', undefined],
  ['1.2.3', '.', undefined],
  ['12,34,5', '.', undefined],
  ['1e5', '.', undefined],
  ['12.50 XYZ', '.', undefined],
  ['EUR', '.', undefined],
  ['-', '.', undefined],
])('the amount %j with the decimal sign %s', (text, sign, decimal) => {
  expect(amountOf(text, sign)?.decimal).toBe(decimal);
});

test('a code beside the amount is its currency', () => {
  expect(amountOf('12,50 EUR', ',')).toEqual({ decimal: '12.50', currency: 'EUR' });
  expect(amountOf('CHF 12.50', '.')).toEqual({ decimal: '12.50', currency: 'CHF' });
});

test('CR and DR say how money went, whatever signs mean in the file', () => {
  expect(amountOf('12.00 CR', '.')).toMatchObject({ decimal: '12.00', marked: 'in' });
  expect(amountOf('$1,234.00DR', '.')).toMatchObject({ decimal: '1234.00', marked: 'out' });
  expect(amountOf('12.00', '.')?.marked).toBeUndefined();
});
