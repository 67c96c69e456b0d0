import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { camt053Reader } from '../../../../agent/spending/import/camt053/reader.ts';
import { readStatement, totalsOf } from '../../../support/read-statement.ts';

const read = (...pieces: string[]) =>
  readStatement((sink) => camt053Reader({ currency: 'EUR' }, sink), pieces);
const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures/camt053', name), 'utf8');

// Totals by hand: −184.99 = −42.10 + 42.10 − 60.00 − 40.00 − 75.00 − 9.99, without 5000.00 for information, and so on.
test.each([
  ['v2-savings-bank.xml', 7, { EUR: -18499, USD: 1250 }, ['DE87200500001234567890', '7-4711']],
  ['v4-swiss.xml', 4, { CHF: 22860 }, ['CH9300762011623852957']],
  ['v8-prefixed.xml', 2, { SEK: -16450 }, ['SE3550000000054910000003']],
  ['v13-decimals.xml', 3, { JPY: -1980, KWD: -3125, EUR: 885 }, ['MULTI']],
])('%s: %i transactions, totals and accounts', (name, count, totals, accounts) => {
  const { entries, bad, refused } = read(fixture(name));
  expect({ bad, refused }).toEqual({ bad: [], refused: undefined });
  expect(entries).toHaveLength(count);
  expect(totalsOf(entries)).toEqual(totals);
  expect([...new Set(entries.map(({ accountNumber }) => accountNumber))]).toEqual(accounts);
});

test('reads parties by direction, a reversal by what it takes back, batches in parts, and what is pending', () => {
  const { entries } = read(fixture('v2-savings-bank.xml'));
  expect(entries.map(({ merchant, description, bankId }) => [merchant, description, bankId])).toEqual([
    ['REWE Markt GmbH', 'EC 2811 KARTE 1 FOLGENR. 0', undefined],
    ['Stadtwerke', 'Strom', '2026314000001/1'],
    ['Sportverein', 'Beitrag', '2026314000001/2'],
    // Its parts add up to 70.00 of 75.00.
    ['', 'SAMMLER', '2026315000001'],
    ['', 'KARTENZAHLUNG VORGEMERKT', undefined],
    // Reversals come last in their statement.
    ['REWE Markt GmbH', 'RÜCKLASTSCHRIFT', '2026309000001'],
    ['Uncle Sam', 'RF18539007547034 Gift', undefined],
  ]);
  expect(entries.map(({ pending }) => pending)).toEqual([false, false, false, false, true, false, false]);
  expect(entries[0]).toMatchObject({ line: 9, date: '2026-11-03', transfer: false });
});

test('parts of a batch have references of their own, and a fee among them its own direction', () => {
  const { entries } = read(fixture('v4-swiss.xml'));
  expect(entries.map(({ bankId, amountMinor }) => [bankId, amountMinor])).toEqual([
    ['TX-1', 20000],
    ['TX-2', 6000],
    ['TX-3', -1000],
    // Paid in EUR, booked in CHF.
    ['REF-2', -2140],
  ]);
  expect(entries[3]?.date).toBe('2026-11-21');
});

const ntry = (inside: string) =>
  `<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>X</IBAN></Id></Acct>\n\n<Ntry>${inside}</Ntry></Stmt></BkToCstmrStmt></Document>`;
const AMOUNT = '<Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>';
const DATE = '<BookgDt><Dt>2026-11-03</Dt></BookgDt>';

test.each([
  ['no date', AMOUNT, '"" is no date (BookgDt)'],
  ['31 February', `${AMOUNT}<BookgDt><Dt>2026-02-31</Dt></BookgDt>`, '"2026-02-31" is no date (BookgDt)'],
  ['no currency', `<Amt>1</Amt>${DATE}`, '"" is no currency (Ccy)'],
  ['no amount', DATE, '"" is no currency (Ccy)'],
  ['a currency that is none', `<Amt Ccy="XYZ">1</Amt>${DATE}`, '"XYZ" is no currency (Ccy)'],
  ['no direction', `<Amt Ccy="EUR">1</Amt>${DATE}`, '"" is no direction (CdtDbtInd)'],
  [
    'a sign of its own',
    `<Amt Ccy="EUR">-1</Amt><CdtDbtInd>DBIT</CdtDbtInd>${DATE}`,
    '"-1" is no amount in EUR (Amt)',
  ],
  [
    'a decimal comma',
    `<Amt Ccy="EUR">1,00</Amt><CdtDbtInd>DBIT</CdtDbtInd>${DATE}`,
    '"1,00" is no amount in EUR (Amt)',
  ],
  [
    'digits beyond cents',
    `<Amt Ccy="EUR">1.001</Amt><CdtDbtInd>DBIT</CdtDbtInd>${DATE}`,
    '"1.001" is no amount in EUR (Amt)',
  ],
  ['an unknown status', `${AMOUNT}${DATE}<Sts><Prtry>X</Prtry></Sts>`, '"X" is no status (Sts)'],
  ['two amounts', `${AMOUNT}${AMOUNT}${DATE}`, '<Amt@Ccy> is there twice'],
])('%s is a bad entry, with its line', (_, inside, reason) => {
  expect(read(ntry(inside))).toEqual({ entries: [], bad: [{ line: 3, reason }] });
});

test.each([
  ['camt.052', '<BkToCstmrAcctRpt><Rpt>', '</Rpt></BkToCstmrAcctRpt>'],
  ['camt.054', '<BkToCstmrDbtCdtNtfctn><Ntfctn>', '</Ntfctn></BkToCstmrDbtCdtNtfctn>'],
  ['version 1', '<BkToCstmrStmtV01><Stmt>', '</Stmt></BkToCstmrStmtV01>'],
])('reads %s as well', (_, start, end) => {
  const { entries } = read(`<Document>${start}<Ntry>${AMOUNT}${DATE}</Ntry>${end}</Document>`);
  expect(entries).toMatchObject([{ amountMinor: -100, date: '2026-11-03', currency: 'EUR' }]);
});

/** 100.00 before; a debit of 10.00 and what takes back one of 3.00. */
const reversed = (direction: string, closing: string) => `<Document><BkToCstmrStmt><Stmt>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">000000000000000100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">000000000000000010.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>${DATE}</Ntry>
<Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>${direction}</CdtDbtInd><RvslInd>true</RvslInd>${DATE}
<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Me</Nm></Dbtr><Cdtr><Nm>Shop</Nm></Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>`;

test.each([
  ['its own direction, as the standard has it', 'CRDT', '93.00', 300],
  ['the direction of what it takes back, as the balances show', 'DBIT', '93.00', 300],
  ['its own direction, also where the balances show nothing', 'DBIT', '55.55', -300],
])('a reversal has %s', (_, direction, closing, minor) => {
  const { entries } = read(reversed(direction, closing));
  expect(entries.map(({ amountMinor }) => amountMinor)).toEqual([-1000, minor]);
  if (minor > 0) expect(entries[1]?.merchant).toBe('Shop');
});

const LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><Document>&b;</Document>';
test.each([
  ['no statement', '<Document>\n</Document>', 'line 1: there is no statement of an account in it'],
  ['a document type', LAUGHS, 'line 1: a document type, which no bank sends'],
  ['an unknown entity', '<a>\n&b;</a>', 'line 2: undefined entity.'],
  ['a tag that closes another', '<a>\n<b></a>', 'line 2: unexpected close tag.'],
  ['NUL', '<a>\n\0</a>', 'line 2: disallowed character.'],
  ['deep nesting', `\n${'<a>'.repeat(101)}`, 'line 2: elements are nested more than 100 deep'],
  ['a long text', `<a>\n${'x'.repeat(10_001)}</a>`, 'line 2: a text of more than 10000 characters'],
  [
    'a text without an end',
    `<a>\n${'x'.repeat(200_000)}`,
    'line 2: a part of more than 100000 characters has no end',
  ],
  [
    'attributes without an end',
    `<a\n${' b="c"'.repeat(50_000)}`,
    'line 2: a part of more than 100000 characters has no end',
  ],
])('refuses a file with %s, with its line', (_, text, refused) => {
  expect(read(text).refused).toBe(refused);
});

test('refuses a file that is cut off, wherever it is', () => {
  const whole = fixture('v8-prefixed.xml').trimEnd();
  for (let end = 0; end < whole.length; end += 7)
    expect(read(whole.slice(0, end)).refused, `${end}`).toMatch(/^line \d+: /);
});

test('holds no more of a batch than 2,000 parts: then it is one entry', () => {
  const detail = '<TxDtls><Amt Ccy="EUR">0.01</Amt></TxDtls>'.repeat(2_001);
  const { entries } = read(
    ntry(`<Amt Ccy="EUR">20.01</Amt><CdtDbtInd>DBIT</CdtDbtInd>${DATE}<NtryDtls>${detail}</NtryDtls>`),
  );
  expect(entries).toMatchObject([{ amountMinor: -2001 }]);
});
