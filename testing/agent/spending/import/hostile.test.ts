import { expect, test } from 'vitest';
import { camt053Reader } from '../../../../agent/spending/import/camt053/reader.ts';
import { detectFormat, encodingNamed } from '../../../../agent/spending/import/detect.ts';
import { ofxReader } from '../../../../agent/spending/import/ofx/reader.ts';
import { qifReader } from '../../../../agent/spending/import/qif/reader.ts';
import { understandQif } from '../../../../agent/spending/import/qif/understand.ts';
import { NotAStatement } from '../../../../agent/spending/import/statement.ts';
import { cost } from '../../../support/cost.ts';
import { readStatement } from '../../../support/read-statement.ts';

const PARTS = [
  '\n',
  '<',
  '<a',
  '<a>',
  '<!--',
  '<![CDATA[',
  '<?',
  '<?xml ',
  '&',
  '&amp;',
  '<STMTTRN>',
  '<MEMO>x',
  '\r',
  '^',
  'A\n',
  'D1\nA\n',
  'OFXHEADER:\n',
];
const STARTS = ['', '<OFX><STMTRS><STMTTRN>', '!Type:Bank\nD1/1/26\n', '<a><BkToCstmrStmt><Stmt><Ntry>'];
const OPTIONS = { currency: 'EUR' };

test.each(PARTS)('300 kB of %j cost no more than their length, whatever reads it', async (part) => {
  const many = part.repeat(Math.ceil(300_000 / part.length));
  for (const start of STARTS) {
    const text = start + many;
    const spent = await cost(() => {
      detectFormat(text);
      encodingNamed(text);
      try {
        understandQif(text);
      } catch (error) {
        expect(error).toBeInstanceOf(NotAStatement);
      }
      // At once, and in pieces that end anywhere.
      for (const pieces of [[text], text.match(/.{1,4099}/gs) ?? []])
        for (const open of [ofxReader, qifReader, camt053Reader])
          readStatement((sink) => open(OPTIONS, sink), pieces);
    });
    expect(spent).toBeLessThan(3_000);
  }
});
