import { expect, test } from 'vitest';
import { CsvRows, MAX_ROW } from '../../../../../agent/spending/import/csv/rows.ts';
import { NotAStatement } from '../../../../../agent/spending/import/statement.ts';

function rowsOf(...pieces: string[]): [number, string[] | undefined][] {
  const rows: [number, string[] | undefined][] = [];
  const reader = new CsvRows(';', (fields, line) => rows.push([line, fields]));
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return rows;
}

test.each<[string, string, [number, string[] | undefined][]]>([
  [
    'plain rows, the last one without a line end',
    'a;b\nc;',
    [
      [1, ['a', 'b']],
      [2, ['c', '']],
    ],
  ],
  ['a delimiter and a doubled quote in quotes', '"a;b";"c""d"\n', [[1, ['a;b', 'c"d']]]],
  [
    'line breaks in quotes, counted',
    '"a\nb";c\nd;e',
    [
      [1, ['a\nb', 'c']],
      [3, ['d', 'e']],
    ],
  ],
  [
    'line ends of all systems',
    'a\r\nb\rc\n"d\r\ne"',
    [
      [1, ['a']],
      [2, ['b']],
      [3, ['c']],
      [4, ['d\ne']],
    ],
  ],
  ['spaces around a quoted field', ' "a" ;b', [[1, ['a', 'b']]]],
  ['a quote within a plain field', '5" pipe;b', [[1, ['5" pipe', 'b']]]],
  ['quotes that were not doubled', '"Bar "Rosa" Basel";b', [[1, ['Bar "Rosa" Basel', 'b']]]],
  [
    'an empty quoted field, a blank line',
    '"";b\n\nc',
    [
      [1, ['', 'b']],
      [2, ['']],
      [3, ['c']],
    ],
  ],
  [
    'a quote that is never closed costs its line only',
    '"a;b\nc;d\n',
    [
      [1, undefined],
      [2, ['c', 'd']],
    ],
  ],
  [
    'nor does it take the quote of another row',
    '"a;b\nc;"d"\ne;f',
    [
      [1, undefined],
      [2, ['c', 'd']],
      [3, ['e', 'f']],
    ],
  ],
])('%s', (_, text, rows) => {
  expect(rowsOf(text)).toEqual(rows);
  expect(rowsOf(...text)).toEqual(rows);
});

test('an endless row is refused, with its line', () => {
  const endless = () => rowsOf('a;b\n', 'x'.repeat(MAX_ROW), 'x');
  expect(endless).toThrow(NotAStatement);
  expect(endless).toThrow(expect.objectContaining({ line: 2 }));
});

test('a file full of quotes that are not closed is refused', () => {
  expect(() => rowsOf('"a" b\n'.repeat(200))).toThrow('quotes that are not closed in too many rows');
});

test('a quote that is not closed is looked for no further than a row may go', () => {
  const filler = 'x;y\n'.repeat(MAX_ROW / 2);
  expect(rowsOf(`"a;b\n${filler}`)).toHaveLength(1 + MAX_ROW / 2);
});
