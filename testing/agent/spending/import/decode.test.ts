import { expect, test } from 'vitest';
import { sniffEncoding, TextOfBytes } from '../../../../agent/spending/import/decode.ts';
import { NotAStatement } from '../../../../agent/spending/import/statement.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);
const sniffed = (sample: Buffer, declared?: string) => {
  const { encoding, certain } = sniffEncoding(sample, declared);
  return certain ? encoding : `${encoding}?`;
};

test.each([
  ['nothing', bytes(''), 'utf-8'],
  ['ASCII', bytes('a;b\n'), 'utf-8'],
  ['UTF-8', bytes('Zürich'), 'utf-8'],
  ['UTF-8 cut off within a character', bytes('Zürich €').subarray(0, -1), 'utf-8'],
  ['UTF-8 with a mark', bytes('\ufeffa'), 'utf-8'],
  ['UTF-16 with a mark', bytes('\ufeffa', 'utf16le'), 'utf-16le'],
  ['UTF-16 without', bytes('Date;Ämount', 'utf16le'), 'utf-16le'],
  ['UTF-16 with the other order of bytes', bytes('Date;Ämount', 'utf16le').swap16(), 'utf-16be'],
  ['Windows-1252', Buffer.from([0x5a, 0xfc, 0x72, 0x20, 0x80]), 'windows-1252'],
  ['the euro of ISO 8859-15', Buffer.from([0x33, 0x20, 0xa4]), 'iso-8859-15?'],
  // "¹" between letters: in windows-1250 that is "ą".
  ['letters of Poland', Buffer.from([0x44, 0xb9, 0x62]), 'windows-1250?'],
  ['letters of Russia', Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), 'windows-1251?'],
  ['bytes of no encoding', Buffer.from([0x81, 0x41, 0xff, 0xfe, 0x8d]), 'windows-1252?'],
])('%s', (_, sample, encoding) => {
  expect(sniffed(sample)).toBe(encoding);
});

test('what the file says of itself counts, unless its bytes say otherwise', () => {
  expect(sniffed(Buffer.from([0x44, 0xb9]), 'iso-8859-2')).toBe('iso-8859-2');
  expect(sniffed(bytes('Zürich'), 'windows-1252')).toBe('utf-8');
  expect(sniffed(bytes('Zürich'), 'no-such-encoding')).toBe('utf-8');
  expect(sniffed(Buffer.from([0x5a, 0xfc, 0x72]), 'utf-8')).toBe('windows-1252');
});

test.each([
  ['utf-8', bytes('\ufeffZürich €\n日本\n')],
  ['utf-16le', bytes('\ufeffZürich €\n日本\n', 'utf16le')],
  ['gb18030', Buffer.from([0xd6, 0xd0, 0x0a, 0x81, 0x39, 0xee, 0x39])],
])('%s: characters may be cut between chunks', (encoding, all) => {
  const whole = new TextOfBytes(encoding);
  const text = whole.push(all) + whole.end();
  const decoder = new TextOfBytes(encoding);
  const pieces = [...all].map((byte) => decoder.push(Uint8Array.of(byte)));
  expect(pieces.join('') + decoder.end()).toBe(text);
  expect(text).not.toContain('\ufeff');
});

test.each([[1], [2], [3], [1000]])(
  'bytes of another encoding are refused with their line, in chunks of %i',
  (size) => {
    const all = Buffer.concat([bytes('Zürich\nBern\nGenève '), Buffer.from([0xe9]), bytes('\nBasel\n')]);
    const decoder = new TextOfBytes('utf-8');
    const decode = () => {
      for (let at = 0; at < all.length; at += size) decoder.push(all.subarray(at, at + size));
      decoder.end();
    };
    expect(decode).toThrow(NotAStatement);
    expect(() => decoder.push(Buffer.from([0xff]))).toThrow();
    const again = new TextOfBytes('utf-8');
    expect(() => again.push(all)).toThrow(
      expect.objectContaining({ line: 3, message: 'bytes that are no utf-8: name the encoding' }),
    );
  },
);

test('a file that ends within a character is refused', () => {
  const decoder = new TextOfBytes('utf-8');
  decoder.push(bytes('a\nü').subarray(0, 3));
  expect(() => decoder.end()).toThrow(expect.objectContaining({ line: 2 }));
});
