import { expect, test } from 'vitest';
import type { CsvProfile } from '../../../../../agent/spending/import/csv/profile.ts';
import { csvReader } from '../../../../../agent/spending/import/csv/reader.ts';
import { readStatement } from '../../../../support/read-statement.ts';

const profile: CsvProfile = {
  delimiter: ';',
  header: true,
  columns: {
    date: ['date'],
    amount: 'amount',
    currency: 'currency',
    merchant: ['payee'],
    description: ['memo'],
  },
  dates: 'ymd',
  decimal: '.',
  sign: 'out-negative',
};
const HEADER = 'Date;Payee;Memo;Amount;Currency';

const read = (text: string, changes: Partial<CsvProfile> = {}, currency = 'CHF') =>
  readStatement((sink) => csvReader({ profile: { ...profile, ...changes }, currency }, sink), [text]);

test.each([
  ['31.12.2026;A;;-1.00;CHF', '"31.12.2026" is no date in the order ymd'],
  ['2026-02-30;A;;-1.00;CHF', '"2026-02-30" is no date in the order ymd'],
  [';A;;-1.00;CHF', 'no date'],
  ['2026-11-02;A;;;CHF', 'no amount'],
  ['2026-11-02;A;;-1,00;CHF', '"-1,00" is no amount with the decimal sign "."'],
  ['2026-11-02;A;;-1.005;CHF', '"-1.005" has more decimals than CHF, or is too large'],
  ['2026-11-02;A;;-1.5;JPY', '"-1.5" has more decimals than JPY, or is too large'],
  [
    '2026-11-02;A;;99999999999999999999;CHF',
    '"99999999999999999999" has more decimals than CHF, or is too large',
  ],
  ['2026-11-02;A;;-1.00;XYZ', '"XYZ" is no currency of ISO 4217'],
  ['2026-11-02;A;B;C;-1.00;CHF', '6 fields, where 5 belong'],
  ['2026-11-02;A;-1.00', '3 fields, where 5 belong'],
  ['"2026-11-02;A;;-1.00;CHF', 'a quote that opens in this row is not closed'],
])('%s is a bad row, and the others are read', (row, reason) => {
  const { entries, bad, refused } = read(
    `${HEADER}\n2026-11-01;A;;1.00;CHF\n${row}\n2026-11-03;A;;2.00;CHF\n`,
  );
  expect({ bad, refused }).toEqual({ bad: [{ line: 3, reason }], refused: undefined });
  expect(entries.map(({ line }) => line)).toEqual([2, 4]);
});

test.each([
  ['a blank row', ''],
  ['only delimiters', ';;;;'],
  ['a total', ';Total;;-1.00;CHF'],
  ['a total in the date column', 'Total;;;-1.00;CHF'],
  ['a balance of a day', '2026-11-30;Saldo;;;CHF'],
  ['a text', 'Disclaimer: no warranty (2026-11-30)'],
  ['a row that has no day yet', 'Pending;A;;-1.00;CHF'],
  ['a text in a row without an amount', ';continued from the row above;;;'],
  ['the header again', HEADER],
])('%s is left out', (_, row) => {
  const { entries, bad } = read(`${HEADER}\n2026-11-01;A;;1.00;CHF\n${row}\n2026-11-03;A;;2.00;CHF\n`);
  expect(bad).toEqual([]);
  expect(entries).toHaveLength(2);
});

test.each([
  ['a petrol station by the name of Total', '2026-11-02;Total;;-1.00;CHF', -100],
  ['an amount of zero', '2026-11-02;A;;0.00;CHF', 0],
  ['minus zero', '2026-11-02;A;;-0.00;CHF', 0],
  ['a trailing delimiter', '2026-11-02;A;;-1.00;CHF;;', -100],
  ['no currency: that of the household', '2026-11-02;A;;-1.00;', -100],
])('%s is read', (_, row, amountMinor) => {
  const { entries, bad } = read(`${HEADER}\n${row}\n`);
  expect(bad).toEqual([]);
  expect(entries).toEqual([expect.objectContaining({ amountMinor })]);
});

test('texts are on one line and bounded, whatever the file has', () => {
  const text = `A\0\u0007 \ud800\n\n  B${'x'.repeat(1000)}`;
  const [entry] = read(`${HEADER}\n2026-11-02;"${text}";"${text}";-1.00;CHF\n`).entries;
  for (const each of [entry?.merchant, entry?.description]) expect(each).toMatch(/^A \ufffd Bx{495}$/);
});

test('the header is found by its names, below a preamble of any length, in any order', () => {
  const text =
    'Account;CH93 0076 2011 6238 5295 7\n\nCurrency;Amount;Memo;Date;Payee\nCHF;-1.00;m;2026-11-02;A\n';
  expect(read(text).entries).toEqual([
    expect.objectContaining({
      line: 4,
      merchant: 'A',
      description: 'm',
      accountNumber: 'CH9300762011623852957',
    }),
  ]);
});

test('a file without the header row is refused: of another bank, or changed by it', () => {
  const refused = 'no header row with the columns date, amount, currency, payee, memo';
  expect(read('Datum;Betrag\n2026-11-02;1\n').refused).toBe(`line 2: ${refused}`);
  expect(read('x;y\n'.repeat(1000)).refused).toBe(`line 101: ${refused}`);
});

test('debits and credits: one of them, with the sign of the file', () => {
  const columns = { date: ['date'], debit: 'debit', credit: 'credit', merchant: [], description: [] };
  const amounts = (sign: CsvProfile['sign'], ...rows: string[]) => {
    const { entries, bad } = read(`Date;Debit;Credit\n${rows.map((row) => `2026-11-02;${row}\n`).join('')}`, {
      columns,
      sign,
    });
    return [...entries.map(({ amountMinor }) => amountMinor), ...bad.map(({ reason }) => reason)];
  };
  // A negative debit, where they are positive, is one taken back.
  expect(amounts('out-positive', '5.00;', ';7.00', '5.00;0.00', '-5.00;')).toEqual([-500, 700, -500, 500]);
  expect(amounts('out-negative', '-5.00;', ';7.00')).toEqual([-500, 700]);
  expect(amounts('out-positive', '5.00;7.00')).toEqual(['both a debit and a credit']);
});

test('words say out or in; others, and words that contradict the sign, are bad rows', () => {
  const columns = { ...profile.columns, direction: { column: 'memo', out: ['af'], in: ['bij'] } };
  const { entries, bad } = read(
    `${HEADER}\n2026-11-02;A;Af;1.00;CHF\n2026-11-02;A;Bij;1.00;CHF\n2026-11-02;A;?;1.00;CHF\n2026-11-02;A;Bij;-1.00;CHF\n`,
    { columns },
  );
  expect(entries.map(({ amountMinor }) => amountMinor)).toEqual([-100, 100]);
  expect(bad.map(({ reason }) => reason)).toEqual([
    '"?" says neither out nor in',
    'a negative amount, and "bij"',
  ]);
});

test('the payer is the other party of money that came in', () => {
  const columns = { ...profile.columns, payer: 'memo' };
  const { entries } = read(`${HEADER}\n2026-11-02;Shop;Me;-1.00;CHF\n2026-11-02;Me;Boss;1.00;CHF\n`, {
    columns,
  });
  expect(entries.map(({ merchant }) => merchant)).toEqual(['Shop', 'Boss']);
});

test('CR is money in, also in a file where what was spent is positive', () => {
  const { entries } = read(`${HEADER}\n2026-11-02;A;;12.00;CHF\n2026-11-02;B;;12.00 CR;CHF\n`, {
    sign: 'out-positive',
  });
  expect(entries.map(({ amountMinor }) => amountMinor)).toEqual([-1200, 1200]);
});
