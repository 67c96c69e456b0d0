import { expect, test } from 'vitest';
import { sniffEncoding } from '../../../../agent/spending/import/decode.ts';
import { detectFormat, encodingNamed } from '../../../../agent/spending/import/detect.ts';

test.each([
  ['OFXHEADER:100\nDATA:OFXSGML\n', 'ofx'],
  ['\uFEFF\r\n\r\nOFXHEADER:100\r\n', 'ofx'],
  ['<?xml version="1.0"?>\n<?OFX OFXHEADER="200"?>\n<OFX>', 'ofx'],
  ['<OFX>\n', 'ofx'],
  ['!Type:Bank\nD1/1/26\n', 'qif'],
  ['\n!type bank\n', 'qif'],
  ['D12/31/26\r\nT-1,5\r\nPa;b\r\n^\r\n', 'qif'],
  ['DATA:OFXSGML\nENCODING:UTF-8\n<OFX>\n', 'ofx'],
  ['!Option:AutoSwitch\n!Account\n', 'qif'],
  ['<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">', 'camt053'],
  ['<n2:Document xmlns:n2="x"><n2:BkToCstmrStmt>', 'camt053'],
  ['Date,Amount,Payee\n2026-11-03,-1.00,"a <OFX> of !Type:Bank"\n', 'csv'],
  ['Datum;Betrag\n', 'csv'],
  ['Date\tAmount\n', 'csv'],
  ['<html><table><tr><td>Date, Amount', undefined],
  ['<?xml version="1.0"?><Workbook>a,b', undefined],
  ['%PDF-1.7, a;b', undefined],
  ['PK\u0003\u0004, a;b', undefined],
  [':20:STARTUMS\n:25:200/1,2\n', undefined],
  ['a,b\0', undefined],
  ['hello', undefined],
  ['', undefined],
])('%j is %s', (sample, format) => {
  expect(detectFormat(sample)).toBe(format);
});

test.each([
  ['OFXHEADER:100\r\nENCODING:USASCII\r\nCHARSET:1252\r\n', 'windows-1252'],
  ['OFXHEADER:100\nENCODING:USASCII\nCHARSET:ISO-8859-1\n', 'windows-1252'],
  ['OFXHEADER:100\nENCODING:USASCII\nCHARSET:8859-15\n', 'iso-8859-15'],
  ['OFXHEADER:100\nENCODING:UTF-8\nCHARSET:NONE\n', 'utf-8'],
  ['OFXHEADER:100\nENCODING:UNICODE\nCHARSET:NONE\n', 'utf-8'],
  ['OFXHEADER:100\nENCODING:USASCII\nCHARSET:NONE\n', undefined],
  ['OFXHEADER:100DATA:OFXSGMLENCODING:USASCIICHARSET:1252COMPRESSION:NONE<OFX>', 'windows-1252'],
  ['<?xml version="1.0" encoding="ISO-8859-1"?>', 'windows-1252'],
  ["<?xml version='1.0' encoding='utf-16'?>", 'utf-16le'],
  ['<?xml version="1.0" encoding="nonsense"?>', undefined],
  ['<?xml version="1.0"?>', undefined],
  ['DATA:OFXSGML\nENCODING:UTF-8\n<OFX>', 'utf-8'],
  ['ENCODING:UTF-8', undefined],
])('%j names %s', (start, encoding) => {
  expect(encodingNamed(start)).toBe(encoding);
});

test.each([
  ['Café au lait', 'utf-8', 'utf-8'],
  ['Café au lait', 'latin1', 'windows-1252'],
  ['Cafe', 'latin1', 'windows-1252'],
] as const)('%s in %s below a header that names Windows-1252 is read as %s', (name, encoding, read) => {
  const bytes = Buffer.from(`OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><NAME>${name}`, encoding);
  expect(sniffEncoding(bytes, encodingNamed(bytes.toString('latin1')))).toMatchObject({
    encoding: read,
    certain: true,
  });
});
