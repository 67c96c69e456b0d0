import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { camt053Reader } from '../../../../agent/spending/import/camt053/reader.ts';
import type { CsvProfile } from '../../../../agent/spending/import/csv/profile.ts';
import { csvReader } from '../../../../agent/spending/import/csv/reader.ts';
import { detectFormat, encodingNamed } from '../../../../agent/spending/import/detect.ts';
import { ofxReader } from '../../../../agent/spending/import/ofx/reader.ts';
import { qifReader } from '../../../../agent/spending/import/qif/reader.ts';
import { understandQif } from '../../../../agent/spending/import/qif/understand.ts';
import {
  NotAStatement,
  type StatementReader,
  type StatementSink,
} from '../../../../agent/spending/import/statement.ts';
import { type ReadStatement, readStatement } from '../../../support/read-statement.ts';
import { cut, fuzz, mutated, randomBytes } from '../fuzz-property.ts';

const FIXTURES = join(import.meta.dirname, '../../../agent/spending/import/fixtures');
const options = { currency: 'EUR' };
const FORMATS: Record<string, { open: (sink: StatementSink) => StatementReader; words: string[] }> = {
  ofx: {
    open: (sink) => ofxReader(options, sink),
    words:
      '<OFX>|</OFX>|<STMTRS>|<CURDEF>EUR|<ACCTID>1|<STMTTRN>|</STMTTRN>|<STMTTRNP>|<DTPOSTED>20261103|<TRNAMT>-1,5|<NAME>A&amp;B|<MEMO><![CDATA[|]]>|<!--|-->|<PAYEE>|</PAYEE>|<FITID>1|<CURRENCY>|</CURRENCY>|<CURSYM>USD|<|>|&|<?|?>|<X/>|\r|\n|\0|\ud800'.split(
        '|',
      ),
  },
  qif: {
    open: (sink) => qifReader(options, sink),
    words:
      "!Type:Bank\n|!Account\n|!Option:AutoSwitch\n|!Type:Invst\n|!Type:X\n|^\n|^|D1/31'26\n|D 2/30/26\r\n|T-1,234.50\n|U5\r|T\n|PA\n|L[Card]\n|LFood/Home\n|SFood\n|$1\n|N12\n|!|\r|\n|\0|\ud800|é".split(
        '|',
      ),
  },
  csv: {
    open: (sink) => csvReader({ profile: CSV, currency: 'EUR' }, sink),
    words: [
      'Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung\n',
      ...'01.11.2026;|31.11.2026;|;A;B;C;1,00;EUR;-1,00;EUR\n|;A;B;C;;;1.234,50;EUR\n|"A\nB";|"|""|;|;;;;|Total|Saldo|EUR|-1,005|XYZ|\r|\n|\0|\ud800'.split(
        '|',
      ),
    ],
  },
  camt053: {
    open: (sink) => camt053Reader(options, sink),
    words:
      '<BkToCstmrStmt>|</BkToCstmrStmt>|<Stmt>|</Stmt>|<n:Ntry>|</n:Ntry>|<Ntry>|</Ntry>|<Amt Ccy="EUR">1.50</Amt>|<CdtDbtInd>DBIT</CdtDbtInd>|<BookgDt><Dt>2026-11-03</Dt></BookgDt>|<NtryDtls>|</NtryDtls>|<TxDtls>|</TxDtls>|<Sts>PDNG</Sts>|<RmtInf><Ustrd>x</Ustrd></RmtInf>|<!DOCTYPE a>|<![CDATA[|]]>|<!--|-->|&amp;|&x;|<?x ?>|<a b="c"/>|<|>|\r|\n|\0|\ud800'.split(
        '|',
      ),
  },
};
/** Of a fixture, germany-windows-1252.csv. */
const CSV: CsvProfile = {
  delimiter: ';',
  header: true,
  columns: {
    date: ['buchung', 'wertstellungsdatum'],
    amount: 'betrag',
    currency: 'währung (2)',
    merchant: ['auftraggeber/empfänger'],
    description: ['buchungstext', 'verwendungszweck'],
  },
  dates: 'dmy',
  decimal: ',',
  sign: 'out-negative',
};
const DATE = /^(19[789]\d|20[0-6]\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Files of all shapes with damage, words of a format in any order, or anything at all; and where to cut them. */
const input = (format: string) => {
  const fixtures = globSync(`${FIXTURES}/${format}/*`).sort();
  const soup = fc.array(fc.constantFrom(...(FORMATS[format]?.words ?? [])), { maxLength: 40 });
  const damaged = mutated(fc.constantFrom(...fixtures.map((file) => readFileSync(file))));
  return fc.tuple(
    fc.oneof(
      { weight: 4, arbitrary: damaged.map((bytes) => bytes.toString('latin1')) },
      { weight: 4, arbitrary: soup.map((words) => words.join('')) },
      { weight: 1, arbitrary: randomBytes(300).map((bytes) => bytes.toString('latin1')) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
    ),
    fc.array(fc.nat({ max: 5_000 }), { maxLength: 12 }),
  );
};

const pieces = (text: string, cuts: readonly number[]): string[] =>
  cut(
    Buffer.from(text, 'utf16le'),
    cuts.map((at) => 2 * (at % (text.length + 1))),
  ).map((piece) => piece.toString('utf16le'));

/** What is read is well-formed, what is not has a line of the file, and where the text was cut makes no difference. */
function holds(format: string, [text, cuts]: [string, number[]]): void {
  const open = FORMATS[format]?.open as (sink: StatementSink) => StatementReader;
  const read = readStatement(open, [text]);
  const inPieces = readStatement(open, pieces(text, cuts));
  // saxes tells of text outside the root at its end or at that of the piece.
  const known = ({ refused, ...rest }: ReadStatement) => ({
    ...rest,
    refused: format === 'camt053' ? refused !== undefined : refused,
  });
  assert.deepEqual(known(inPieces), known(read));
  const lines = text.split(/\r\n|\r|\n/).length;
  const inFile = (line: number) => assert.ok(Number.isInteger(line) && line >= 1 && line <= lines, `${line}`);
  if (read.refused !== undefined) inFile(Number(/^line (\d+): ./.exec(read.refused)?.[1]));
  for (const { line, reason } of read.bad) {
    inFile(line);
    assert.ok(reason !== '' && reason.length < 200);
  }
  for (const { line, date, amountMinor, currency, pending, transfer, ...texts } of read.entries) {
    inFile(line);
    assert.match(date, DATE);
    assert.ok(Number.isSafeInteger(amountMinor) && !Object.is(amountMinor, -0));
    if (currency !== undefined) assert.match(currency, /^[A-Z]{3}$/);
    assert.equal(typeof pending, 'boolean');
    assert.equal(typeof transfer, 'boolean');
    for (const value of Object.values(texts))
      assert.ok(
        value === undefined || (value.length <= 500 && value.isWellFormed() && !/[\p{Cc}]/u.test(value)),
      );
  }
}

export const statementProperties = [
  ...['ofx', 'qif', 'camt053', 'csv'].map((format) =>
    fuzz(
      `${format}: a hostile file is read or refused with a line, however it is cut`,
      { cases: 2_000, share: 4 },
      input(format),
      (value) => holds(format, value),
    ),
  ),
  fuzz(
    'the format, the encoding and the order of dates of a hostile file are found out, or not',
    { cases: 1_000, share: 2 },
    fc.oneof(input('ofx'), input('qif'), input('camt053')),
    ([text]) => {
      detectFormat(text);
      encodingNamed(text);
      try {
        understandQif(text);
      } catch (error) {
        assert.ok(error instanceof NotAStatement);
      }
    },
  ),
];
