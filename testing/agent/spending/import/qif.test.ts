import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type QifOptions, qifReader } from '../../../../agent/spending/import/qif/reader.ts';
import { understandQif } from '../../../../agent/spending/import/qif/understand.ts';
import { readStatement, totalsOf } from '../../../support/read-statement.ts';

const read = (text: string, options: Partial<QifOptions> = {}) =>
  readStatement((sink) => qifReader({ currency: 'EUR', ...options }, sink), [text]);
const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures/qif', name), 'utf8');

// Totals by hand: 4303.46 = 5762.36 − 1250.00 − 140.00 − 9.00 − 300.00 + 300.00 − 59.90, and so on.
test.each([
  [
    'quicken-us.qif',
    7,
    430346,
    { dateOrder: 'mdy', decimal: '.', certain: { dateOrder: true, decimal: true } },
  ],
  ['german.qif', 3, 125294, { dateOrder: 'dmy', decimal: ',', certain: { dateOrder: true, decimal: true } }],
  [
    'old-mac.qif',
    3,
    -123700,
    { dateOrder: 'dmy', decimal: '.', certain: { dateOrder: true, decimal: true } },
  ],
  [
    'uncertain.qif',
    2,
    -323400,
    { dateOrder: 'mdy', decimal: '.', certain: { dateOrder: false, decimal: false } },
  ],
] as const)('%s: %i transactions, their total, and how it is read', (name, count, total, how) => {
  const text = fixture(name);
  expect(understandQif(text)).toEqual(how);
  const { entries, bad, refused } = read(text, how);
  expect({ bad, refused }).toEqual({ bad: [], refused: undefined });
  expect(entries).toHaveLength(count);
  expect(totalsOf(entries)).toEqual({ none: total });
});

test('transactions have their account, transfers name accounts, and a split counts once', () => {
  const { entries } = read(fixture('quicken-us.qif'));
  expect(entries.map(({ accountNumber }) => accountNumber)).toEqual([
    ...Array(5).fill('Checking'),
    'Card',
    'Card',
  ]);
  expect(entries.map(({ transfer }) => transfer)).toEqual([true, false, false, false, true, true, false]);
  expect(entries.map(({ category }) => category)).toEqual([
    undefined,
    'Housing:Rent',
    // Two categories: none is right for the whole.
    undefined,
    'Dining',
    undefined,
    undefined,
    'Clothing',
  ]);
  expect(entries[1]).toMatchObject({
    line: 31,
    merchant: 'Landlord',
    description: 'Check 1042',
    pending: false,
  });
});

const bank = (...lines: string[]) => `!Type:Bank\n${lines.join('\n')}\n`;

test.each([
  ['T-1,234.56', '.', -123456],
  ["T-1'234.56", '.', -123456],
  ['T-1.234,56', ',', -123456],
  ['U-12', '.', -1200],
  ['T$12.50', '.', 1250],
  ['T.5', '.', 50],
] as const)('reads the amount %s with the decimal sign %s', (line, decimal, minor) => {
  expect(read(bank('D1/31/26', line, '^'), { decimal }).entries[0]?.amountMinor).toBe(minor);
});

test.each([
  ["1/31'26", 'mdy', '2026-01-31'],
  ["1/ 3' 6", 'mdy', '2006-01-03'],
  ["1/31'2026", 'mdy', '2026-01-31'],
  ['1/31/99', 'mdy', '1999-01-31'],
  ['31-1-26', 'dmy', '2026-01-31'],
  ['31.01.2026', 'dmy', '2026-01-31'],
  ['2026-01-31', 'ymd', '2026-01-31'],
  ['20260131', 'ymd', '2026-01-31'],
  ["2026'01'31", 'ymd', '2026-01-31'],
  ["08/03'2010", 'dmy', '2010-03-08'],
] as const)('reads the date %s in the order %s', (text, dateOrder, date) => {
  expect(read(bank(`D${text}`, 'T1', '^'), { dateOrder }).entries[0]?.date).toBe(date);
});

test.each([
  [
    'dates that fit both orders',
    ['D03/04/26', 'T1'],
    { dateOrder: 'mdy', certain: { dateOrder: false, decimal: true } },
  ],
  [
    'one date that settles it',
    ['D03/04/26', 'T1', '^', 'D13/04/26', 'T1'],
    { dateOrder: 'dmy', certain: { dateOrder: true } },
  ],
  ['dots', ['D03.04.26', 'T1'], { dateOrder: 'dmy', certain: { dateOrder: true } }],
  ['a day that is its month', ['D04/04/26', 'T1'], { certain: { dateOrder: true } }],
  ['dates of two orders', ['D13/04/26', 'T1', '^', 'D04/13/26', 'T1'], { certain: { dateOrder: false } }],
  [
    'an entry that cannot be read in any way',
    ['D13/04/26', 'T5', '^', 'Dnever', '^'],
    { dateOrder: 'dmy', certain: { dateOrder: true, decimal: true } },
  ],
  ['1,234 alone', ['D13/04/26', 'T1,234'], { decimal: '.', certain: { decimal: false } }],
  [
    '1,234 beside 5,50',
    ['D13/04/26', 'T1,234', '^', 'D13/04/26', 'T5,50'],
    { decimal: ',', certain: { decimal: true } },
  ],
])('%s: says what is certain', (_, lines, how) => {
  expect(understandQif(bank(...lines, '^', 'D1/1/2'))).toMatchObject(how);
});

test.each([
  ['no date', ['T1', '^'], '"" is no date in the order mdy (D)'],
  ['a date of the other order', ['D31/01/26', 'T1', '^'], '"31/01/26" is no date in the order mdy (D)'],
  ['no amount', ['D1/31/26', '^'], '"" is no amount in EUR with the decimal sign "." (T)'],
  [
    'decimals in the other style',
    ['D1/31/26', 'T1,5', '^'],
    '"1,5" is no amount in EUR with the decimal sign "." (T)',
  ],
  [
    'two entries in one',
    ['D1/31/26', 'T1', 'D1/30/26', 'T1', '^'],
    'D is there twice: the line ^ between two entries is missing',
  ],
  [
    'a memo that goes on like an amount',
    ['D1/31/26', 'T1', 'Mtwo', 'Total 9', '^'],
    'T is there twice: the line ^ between two entries is missing',
  ],
])('%s is a bad entry, with its line', (_, lines, reason) => {
  expect(read(bank(...lines))).toEqual({ entries: [], bad: [{ line: 2, reason }] });
});

test('investments and sections of an unknown kind are bad entries', () => {
  const text = "!Type:Invst\nD1/1'26\nNBuy\n^\n!Type:Payslips\nD1\n^\n!Type:Bank\nD1/1'26\nT1\n^\n";
  expect(read(text)).toMatchObject({
    entries: [{ line: 9 }],
    bad: [
      { line: 2, reason: 'a transaction of an investment account, which are not read' },
      { line: 5, reason: 'a section of an unknown kind, "payslips", is not read' },
    ],
  });
});

test('a file of one entry may end without a line end, and without a header', () => {
  const text = 'D2026/01/31\nT1\n^';
  expect(understandQif(text)).toMatchObject({ dateOrder: 'ymd', certain: { dateOrder: true } });
  expect(read(text, { dateOrder: 'ymd' }).entries).toMatchObject([{ line: 1, date: '2026-01-31' }]);
});

test.each([
  ['empty', '\n', 'line 2: there is no statement of an account in it'],
  ['without a kind', 'T1\nD1/1/26\n^', 'line 1: no line "!Type:" with the kind of account before this'],
  [
    'cut off',
    "!Type:Bank\nD1/1'26\nT-12",
    'line 2: the entry that begins here has no end (^): the file is cut off',
  ],
  [
    'with a new section in an entry',
    "!Type:Bank\nD1/1'26\n!Type:CCard\n^",
    'line 2: the entry that begins here has no end (^): the file is cut off',
  ],
  [
    'with a line without an end',
    `!Type:Bank\nP${'x'.repeat(10_001)}`,
    'line 2: a line of more than 10000 characters',
  ],
  [
    'with an entry without an end',
    `!Type:Bank\n${'A\n'.repeat(2_001)}`,
    'line 2: an entry of more than 2000 lines',
  ],
])('refuses a file that is %s, with the line', (_, text, refused) => {
  expect(read(text).refused).toBe(refused);
});
