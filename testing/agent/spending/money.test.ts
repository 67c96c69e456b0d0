import fc from 'fast-check';
import { expect, test } from 'vitest';
import { typedAmount, typedCurrency } from '../../../agent/spending/household/amount.ts';
import { decimalOf, formatAmount, minorOf } from '../../../agent/spending/money.ts';

test.each([
  [1250, 'CHF', '12.50', '12.50'],
  [-5, 'EUR', '-0.05', '-0.05'],
  [150_00, 'CHF', '150.00', '150'],
  [-1500, 'JPY', '-1500', '-1500'],
  [1234, 'KWD', '1.234', '1.234'],
  [12_345, 'CLF', '1.2345', '1.2345'],
  [9_007_199_254_740_991, 'CHF', '90071992547409.91', '90071992547409.91'],
  [0, 'CHF', '0.00', '0'],
])('%i of %s is %s', (minor, currency, decimal, short) => {
  expect(decimalOf(minor, currency)).toBe(decimal);
  expect(formatAmount(minor, currency)).toBe(short);
});

test('an amount reads back as the same, to the last unit, in every currency', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1 - 10 ** 15, max: 10 ** 15 - 1 }),
      fc.constantFrom('CHF', 'JPY', 'KWD', 'CLF', 'HUF'),
      (minor, currency) => {
        expect(minorOf(decimalOf(minor, currency), currency)).toBe(minor);
        expect(minorOf(formatAmount(minor, currency), currency)).toBe(minor);
      },
    ),
  );
});

test.each([
  ['12.50', 'CHF', 1250],
  ['12,50', 'CHF', 1250],
  ['12', 'CHF', 1200],
  ["1'234.50", 'CHF', 123_450],
  ['1’234.5', 'CHF', 123_450],
  ['1,234.50', 'CHF', 123_450],
  ['1.234,50', 'EUR', 123_450],
  ['1 234 567', 'EUR', 123_456_700],
  ['1.234', 'KWD', 1234],
  ['1500', 'JPY', 1500],
  ['1.2345', 'CLF', 12_345],
])('a person who writes %s in %s means %i', (text, currency, minor) => {
  expect(typedAmount(text, currency)).toEqual({ minor, sign: undefined });
  expect(typedAmount(`-${text}`, currency)).toEqual({ minor, sign: '-' });
  expect(typedAmount(`+${text}`, currency)).toEqual({ minor, sign: '+' });
});

test.each([
  // One thousand, or one?
  ['1,234', 'CHF'],
  ['1.000', 'CHF'],
  ['1,000', 'KWD'],
  ['12.345', 'CHF'],
  ['12.5', 'JPY'],
  ['1.2.3', 'CHF'],
  ['12,34,56', 'CHF'],
  ["1'23.50", 'CHF'],
  ['12.', 'CHF'],
  ['.5', 'CHF'],
  ['1e3', 'CHF'],
  ['0x10', 'CHF'],
  ['--5', 'CHF'],
  ['', 'CHF'],
  ['١٢', 'CHF'],
  ['9'.repeat(17), 'CHF'],
])('"%s" in %s is no amount', (text, currency) => {
  expect(() => typedAmount(text, currency)).toThrow('is not an amount');
});

test('a currency is one of ISO 4217, in any case', () => {
  expect(typedCurrency('chf')).toBe('CHF');
  for (const text of ['Fr.', 'ZZZ', '', 'CHF '.repeat(2), '756'])
    expect(() => typedCurrency(text)).toThrow('there is no currency');
});
