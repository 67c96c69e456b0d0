import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { csvReader } from '../../../../../agent/spending/import/csv/reader.ts';
import { understand } from '../../../../../agent/spending/import/csv/understand.ts';
import { sniffEncoding, TextOfBytes } from '../../../../../agent/spending/import/decode.ts';
import { readStatement, totalsOf } from '../../../../support/read-statement.ts';

function read(name: string, currency: string) {
  const bytes = readFileSync(join(import.meta.dirname, '../fixtures/csv', name));
  const { encoding, certain } = sniffEncoding(bytes);
  const decoder = new TextOfBytes(encoding);
  const text = decoder.push(bytes) + decoder.end();
  const understood = understand(text, { whole: true });
  if (!understood.ok) throw new Error(understood.reason);
  const { profile, aspects } = understood;
  const statement = readStatement((sink) => csvReader({ profile, currency }, sink), [text]);
  const open = aspects.filter((aspect) => !aspect.certain).map((aspect) => aspect.name);
  return { ...statement, encoding: certain ? encoding : `${encoding}?`, open };
}

// Totals by hand, in minor units; "none": the file does not name a currency, and the default applies.
test.each([
  // −45.30 − 4.50 − 4.50 + 6850 − 1850
  ['switzerland-preamble.csv', 'utf-8', 'EUR', 5, { CHF: 494570 }],
  // −23.40 + 4200 − 259.50 − 55.40; the two parts of the 259.50 are no transactions
  ['switzerland-collective.csv', 'utf-8', 'EUR', 4, { CHF: 386170 }],
  // −8.68 + 2380 − 1000, as the balance says
  ['germany-windows-1252.csv', 'windows-1252', 'CHF', 3, { EUR: 137132 }],
  // −99.80 − 12.34 − 0.66 + 1000
  ['germany-quoted.csv', 'utf-8', 'CHF', 4, { EUR: 88720 }],
  // −4.50 − 75.50 + 1300; the row of totals has no date
  ['france.csv', 'windows-1252', 'EUR', 3, { none: 122000 }],
  // −1.20 + 1500 − 98.80; the row of the balance has no amount
  ['italy.csv', 'utf-8', 'EUR', 3, { none: 140000 }],
  // −35.20 + 12 + 500
  ['spain.csv', 'windows-1252', 'EUR', 3, { none: 47680 }],
  // −23.45 + 1250 − 1.55
  ['netherlands.csv', 'utf-8', 'CHF', 3, { EUR: 122500 }],
  // −10.59 + 481.20 − 50.61
  ['us-card.csv', 'utf-8', 'USD', 3, { none: 42000 }],
  // −138.06 + 1000 + 1000
  ['us-balance.csv', 'utf-8', 'USD', 3, { none: 186194 }],
  // −42.10 + 500 − 7.90: in the file, what was spent is positive
  ['uk-card.csv', 'utf-8', 'GBP', 3, { none: 45000 }],
  // −3.46 − (50 + 0.50) − 12.50; one was reverted
  ['neobank-fees.csv', 'utf-8', 'CHF', 3, { EUR: -6646 }],
  // −1980 + 250000 − 540, in yen
  ['japan-euc-jp.csv', 'euc-jp', 'JPY', 3, { none: 247480 }],
  // −12.50 + 100 − 38
  ['china-gb18030.csv', 'gb18030', 'CNY', 3, { none: 4950 }],
  // −17.30 − 82.70 + 3100
  ['poland-windows-1250.csv', 'windows-1250?', 'EUR', 3, { PLN: 300000 }],
  // −4.50 − 4.50 + 2100 − 1000
  ['tabs-utf-16.tsv', 'utf-16le', 'CHF', 4, { GBP: 109100 }],
])('%s (%s): %s, %i transactions, totals', (name, encoding, currency, count, totals) => {
  const { entries, bad, refused, open, encoding: found } = read(name, currency);
  expect({ bad, refused, open, found }).toEqual({ bad: [], refused: undefined, open: [], found: encoding });
  expect(entries).toHaveLength(count);
  expect(totalsOf(entries)).toEqual(totals);
});

// −89.30 − 10.70 − 1200
test('without a header row, the columns are guessed by what stands in them, and must be confirmed', () => {
  const { entries, open } = read('pipes-without-header.txt', 'EUR');
  expect(open).toEqual(['columns']);
  expect(totalsOf(entries)).toEqual({ none: -130000 });
  expect(entries[2]).toMatchObject({ line: 3, date: '2026-11-04', merchant: 'SHOP ONE' });
});

test('texts, accounts, categories, bank ids and what is pending come through', () => {
  expect(read('switzerland-preamble.csv', 'EUR').entries[0]).toEqual({
    line: 8,
    date: '2026-11-28',
    amountMinor: -4530,
    currency: 'CHF',
    merchant: 'KAUF/DIENSTLEISTUNG VOM 27.11.2026 KARTEN NR. XXXX1234 MIGROS M ZÜRICH',
    description: '',
    bankId: undefined,
    pending: false,
    transfer: false,
    category: 'Einkauf // Lebensmittel',
    accountNumber: 'CH9300762011623852957',
  });
  const { entries } = read('germany-quoted.csv', 'EUR');
  expect(entries.map(({ pending }) => pending)).toEqual([true, false, false, false]);
  expect(entries[3]).toMatchObject({ merchant: 'Firma AG', accountNumber: 'DE89370400440532013000' });
  const collective = read('switzerland-collective.csv', 'CHF').entries;
  expect(collective.map(({ date, pending }) => [date, pending])).toEqual([
    ['2026-11-28', true],
    ['2026-11-25', false],
    ['2026-11-20', false],
    ['2026-11-19', false],
  ]);
  expect(read('uk-card.csv', 'GBP').entries[1]).toMatchObject({ line: 5, bankId: "'AT263310002'" });
  expect(read('neobank-fees.csv', 'EUR').entries[2]).toMatchObject({ date: '2026-11-05', pending: true });
});
