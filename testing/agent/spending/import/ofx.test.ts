import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodingNamed } from '../../../../agent/spending/import/detect.ts';
import { ofxReader } from '../../../../agent/spending/import/ofx/reader.ts';
import { readStatement, totalsOf } from '../../../support/read-statement.ts';

const read = (...pieces: string[]) => readStatement((sink) => ofxReader({ currency: 'USD' }, sink), pieces);

function fixture(name: string): string {
  const bytes = readFileSync(join(import.meta.dirname, 'fixtures/ofx', name));
  return new TextDecoder(encodingNamed(bytes.toString('latin1')) ?? 'utf-8').decode(bytes);
}

// Totals by hand: 702.83 = 2310.50 − 48.17 − 1250.00 − 300.00 − 4.75 − 4.75, and so on.
test.each([
  ['us-checking.ofx', 6, { USD: 70283 }, ['000123456789']],
  ['card.qfx', 4, { USD: -6000, EUR: -1799 }, ['411111******1111']],
  ['unclosed-in-xml.ofx', 2, { AUD: -1670 }, ['123456789']],
  ['brazil.ofx', 2, { BRL: -141406 }, ['12345-6']],
  ['two-accounts.ofx', 3, { CAD: -37659 }, ['12300 000012345678', '4500********0001']],
  ['broker.ofx', 1, { USD: -150000 }, ['X0000001']],
])('%s: %i transactions, totals and accounts', (name, count, totals, accounts) => {
  const { entries, refused } = read(fixture(name));
  expect(refused).toBeUndefined();
  expect(entries).toHaveLength(count);
  expect(totalsOf(entries)).toEqual(totals);
  expect([...new Set(entries.map(({ accountNumber }) => accountNumber))]).toEqual(accounts);
});

test('reads the day as the bank wrote it, texts with entities, a cheque by its number, and no XFER as a transfer', () => {
  const { entries } = read(fixture('us-checking.ofx'));
  expect(entries[0]).toEqual({
    line: 30,
    date: '2026-11-02',
    amountMinor: -4817,
    currency: 'USD',
    merchant: "TRADER TOM'S #541",
    description: 'POS PURCHASE A&B <5 ITEMS> OK',
    bankId: '2026110200001',
    pending: false,
    transfer: false,
    accountNumber: '000123456789',
  });
  expect(entries[1]?.description).toBe('Check 0001042');
  expect(entries[3]).toMatchObject({
    merchant: 'Online Transfer',
    description: 'TO SAVINGS',
    transfer: false,
  });
});

test('reads pending transactions, CDATA, payees, and the currency that an amount is in', () => {
  const { entries } = read(fixture('card.qfx'));
  expect(entries.map(({ pending }) => pending)).toEqual([false, false, false, true]);
  expect(entries.map(({ currency }) => currency)).toEqual(['USD', 'USD', 'EUR', 'USD']);
  expect(entries[0]?.description).toBe('ROMA IT & "TERRAZZA"');
  expect(entries[1]).toMatchObject({ merchant: 'Pizzeria da Enzo', description: '' });
  expect(entries[3]).toMatchObject({ date: '2026-11-27', bankId: undefined });
});

test('an investment is a bad entry, and the cash of the account is read', () => {
  expect(read(fixture('broker.ofx')).bad).toEqual([
    { line: 16, reason: 'a trade or income of investments, which are not read' },
  ]);
});

const statement = (transactions: string) =>
  `OFXHEADER:100\n\n<OFX>\n<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM>\n<BANKTRANLIST>\n${transactions}\n</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`;
const DATED = '<DTPOSTED>20261103';

test.each([
  ['a missing date', '<TRNAMT>-1', '"" is no date (DTPOSTED)'],
  ['31 February', '<DTPOSTED>20260231<TRNAMT>-1', '"20260231" is no date (DTPOSTED)'],
  ['a date with too few digits', '<DTPOSTED>2026113<TRNAMT>-1', '"2026113" is no date (DTPOSTED)'],
  ['no amount', DATED, '"" is no amount in EUR (TRNAMT)'],
  ['a thousand or one', `${DATED}<TRNAMT>-1,234`, '"-1,234" is no amount in EUR (TRNAMT)'],
  ['digits beyond cents', `${DATED}<TRNAMT>115.8331`, '"115.8331" is no amount in EUR (TRNAMT)'],
  [
    'more than a number holds',
    `${DATED}<TRNAMT>99999999999999`,
    '"99999999999999" is no amount in EUR (TRNAMT)',
  ],
  ['a currency that is none', `${DATED}<TRNAMT>1<CURRENCY><CURSYM>EURO</CURRENCY>`, '"EURO" is no currency'],
  ['two transactions in one', `${DATED}<TRNAMT>-1${DATED}<TRNAMT>-2`, '<DTPOSTED> is there twice'],
  [
    'a text that smuggles in another amount',
    `${DATED}<TRNAMT>-1<NAME>A<TRNAMT>-9`,
    '<TRNAMT> is there twice',
  ],
  [
    'a correction',
    `${DATED}<TRNAMT>-1<FITID>2<CORRECTFITID>1<CORRECTACTION>DELETE`,
    'it corrects or deletes another transaction: change that one by hand',
  ],
  [
    'a group that stays open',
    `${DATED}<TRNAMT>-1<PAYEE><CITY>X`,
    '<PAYEE> is not closed in this transaction',
  ],
])('%s is a bad entry, with its line', (_, values, reason) => {
  const { entries, bad, refused } = read(statement(`\n<STMTTRN>${values}</STMTTRN>`));
  expect({ entries, bad, refused }).toEqual({ entries: [], bad: [{ line: 7, reason }], refused: undefined });
});

test.each([
  ['-1.234,56', -123456],
  ['-1,234.56', -123456],
  ['-1234,5', -123450],
  ['  12 ', 1200],
  ['+.5', 50],
  ['-00000000000001500.0000', -150000],
  ['-0.00', 0],
])('reads the amount %s', (amount, minor) => {
  const { entries } = read(statement(`<STMTTRN>${DATED}<TRNAMT>${amount}</STMTTRN>`));
  expect(entries.map(({ amountMinor }) => amountMinor)).toEqual([minor]);
});

test.each([
  ['20261103', '2026-11-03'],
  ['20261103235959.999[-5:EST]', '2026-11-03'],
  ['20261103000000[+13:NZDT]', '2026-11-03'],
  ['20261103[0:GMT]', '2026-11-03'],
  ['20261103.000', '2026-11-03'],
])('reads the date %s as it is written', (posted, date) => {
  const { entries } = read(statement(`<STMTTRN><DTPOSTED>${posted}<TRNAMT>1</STMTTRN>`));
  expect(entries[0]?.date).toBe(date);
});

test('the memo says who it was where nothing else does, and is not said twice', () => {
  const texts = (values: string) => {
    const { entries } = read(statement(`<STMTTRN>${DATED}<TRNAMT>-1${values}</STMTTRN>`));
    return [entries[0]?.merchant, entries[0]?.description];
  };
  expect(texts('<NAME><MEMO>ALDI')).toEqual(['ALDI', '']);
  expect(texts('<NAME>ALDI<MEMO>ALDI<CHECKNUM>7')).toEqual(['ALDI', 'Check 7']);
  expect(texts('<NAME>ALDI<MEMO>Card 12')).toEqual(['ALDI', 'Card 12']);
});

test('a correction that names itself is a transaction, as some banks send it', () => {
  const { entries } = read(statement(`<STMTTRN>${DATED}<TRNAMT>-1<FITID>7<CORRECTFITID>7</STMTTRN>`));
  expect(entries).toHaveLength(1);
});

test.each(['', '0', '0001', '12', 'N/A'])('takes the FITID %j for none: it identifies nothing', (id) => {
  const { entries } = read(statement(`<STMTTRN>${DATED}<TRNAMT>-1<FITID>${id}</STMTTRN>`));
  expect(entries.map(({ bankId }) => bankId)).toEqual([undefined]);
});

test.each(['Saldo Anterior', 'SALDO DIA', 'Saldo do dia', 'S A L D O'])(
  '%j without an id is a balance, no transaction',
  (memo) => {
    expect(read(statement(`<STMTTRN>${DATED}<TRNAMT>.<FITID>0<MEMO>${memo}</STMTTRN>`))).toEqual({
      entries: [],
      bad: [],
    });
    const named = read(statement(`<STMTTRN>${DATED}<TRNAMT>1<FITID>202611030001<MEMO>${memo}</STMTTRN>`));
    expect(named.entries).toHaveLength(1);
  },
);

test('reads a list of transactions that stands alone', () => {
  const list = `OFXHEADER:100\n\n<BANKTRANLIST>\n<STMTTRN>${DATED}<TRNAMT>-1</STMTTRN>\n`;
  expect(read(`${list}</BANKTRANLIST>\n`).entries).toMatchObject([{ line: 4, accountNumber: undefined }]);
  expect(read(list).refused).toBe('line 4: </BANKTRANLIST> is missing at the end: the file is cut off');
});

test('a text may have bare & and <, comments, entities by number, and characters that are none', () => {
  const name = 'A & B <5 &unknown; &#228;&#x1F600;&#xD800;\0 <!-- <STMTTRN> -->C';
  const { entries } = read(statement(`<STMTTRN>${DATED}<TRNAMT>-1<NAME>${name}</STMTTRN>`));
  expect(entries[0]?.merchant).toBe('A & B <5 &unknown; ä😀\uFFFD C');
});

test('a text of an entry has at most 500 characters, and no half of one', () => {
  const { entries } = read(
    statement(`<STMTTRN>${DATED}<TRNAMT>-1<NAME>A<MEMO>${'x'.repeat(499)}😀</STMTTRN>`),
  );
  expect(entries[0]?.description).toBe('x'.repeat(499));
});

test.each([
  ['nothing', '', 'line 1: there is no statement of an account in it'],
  ['no statement', '<OFX></OFX>', 'line 1: there is no statement of an account in it'],
  [
    'an error of the bank',
    '<OFX>\n<STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Signon invalid</STATUS></OFX>',
    'line 2: the bank sent an error: 15500 "Signon invalid"',
  ],
  [
    'a document type',
    '<!DOCTYPE OFX [<!ENTITY a "b">]><OFX>',
    'line 1: a document type or another declaration, which no bank sends',
  ],
  [
    'a transaction in a transaction',
    statement('<STMTTRN>\n<STMTTRN>'),
    'line 6: a transaction that begins here is not closed: the file is damaged or cut off',
  ],
  [
    'a transaction outside a statement',
    '<OFX>\n<STMTTRN></STMTTRN></OFX>',
    'line 2: a transaction of no account',
  ],
  [
    'a text without an end',
    `<OFX>\n<NAME>${'x'.repeat(10_001)}`,
    'line 2: the text after a tag has more than 10000 characters',
  ],
  [
    'a tag without an end',
    `<OFX>\n<NAME ${'x'.repeat(10_001)}`,
    'line 2: a tag or comment of more than 10000 characters',
  ],
  [
    'a comment without an end',
    `<OFX>\n<!--${'<'.repeat(20_000)}`,
    'line 2: a tag or comment of more than 10000 characters',
  ],
])('refuses a file with %s, with its line', (_, text, refused) => {
  expect(read(text).refused).toBe(refused);
});

test('refuses a file that is cut off, wherever it is', () => {
  const whole = fixture('us-checking.ofx').trimEnd();
  for (let end = 0; end < whole.length; end += 7)
    expect(read(whole.slice(0, end)).refused, `${end}`).toMatch(/^line \d+: /);
});
