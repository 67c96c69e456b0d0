import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { CsvProfile } from '../../../../agent/spending/import/csv/profile.ts';
import { csvReader } from '../../../../agent/spending/import/csv/reader.ts';
import { CsvRows } from '../../../../agent/spending/import/csv/rows.ts';
import { understand } from '../../../../agent/spending/import/csv/understand.ts';
import { readStatement } from '../../../support/read-statement.ts';
import { fuzz } from '../fuzz-property.ts';

const inPieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));

/** What CSV is made of, in any order. */
const soup = fc
  .array(fc.constantFrom('a', 'b c', ';', ';', '"', '"', '""', '\n', '\r\n', '\r', ' ', ''), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''));

interface Row {
  readonly day: number;
  readonly cents: number;
  readonly payee: string;
  readonly memo: string;
}
const text = fc.oneof(
  fc.constantFrom(
    'Coop',
    'Total',
    'Müller; Söhne',
    'a,b|c\td',
    'say "hi"',
    '"',
    'two\nlines',
    '12.50',
    "O'Neil",
    'x=1',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const row: fc.Arbitrary<Row> = fc.record({
  day: fc.integer({ min: 0, max: 700 }),
  cents: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -300_000, max: -1 }) },
    fc.integer({ min: 0, max: 900_000 }),
  ),
  payee: text.map(
    (value) =>
      value
        .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
        .replace(/^['\s]+/, '')
        .trim() || 'Shop',
  ),
  memo: text,
});

/** How a bank writes its files. */
const dialect = fc.record({
  delimiter: fc.constantFrom(',' as const, ';' as const, '\t' as const, '|' as const),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  quoteAll: fc.boolean(),
  preamble: fc.constantFrom('', 'Account;1\n\n', '"Statement of"\n'),
  footer: fc.constantFrom('', 'Total\n', '\n\n'),
  dates: fc.constantFrom('dmy' as const, 'mdy' as const, 'ymd' as const),
  separator: fc.constantFrom('.', '/', '-'),
  decimal: fc.constantFrom('.' as const, ',' as const),
  thousands: fc.constantFrom('', "'", ' ', 'other'),
  negative: fc.constantFrom('-', 'trailing', '()'),
  layout: fc.constantFrom('signed', 'card', 'split', 'words'),
  balance: fc.boolean(),
});
type Dialect = typeof dialect extends fc.Arbitrary<infer T> ? T : never;

const NAMES = ['Buchungsdatum', 'Empfänger', 'Verwendungszweck'];

function dateIn({ dates, separator }: Dialect, day: number): string {
  const [year = '', month = '', date = ''] = new Date(Date.UTC(2025, 0, 1 + day))
    .toISOString()
    .slice(0, 10)
    .split('-');
  const parts = { ymd: [year, month, date], dmy: [date, month, year], mdy: [month, date, year] }[dates];
  // Nobody writes the American order with dots.
  return parts.join(dates === 'mdy' && separator === '.' ? '/' : separator);
}

function amountIn({ decimal, thousands, negative }: Dialect, cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  const between = thousands === 'other' ? (decimal === '.' ? ',' : '.') : thousands;
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, between);
  const plain = `${whole}${decimal}${digits.slice(-2)}`;
  if (cents >= 0) return plain;
  return negative === '-' ? `-${plain}` : negative === '()' ? `(${plain})` : `${plain}-`;
}

function cellsOf(how: Dialect, { day, cents, payee, memo }: Row, balance: number): string[] {
  const amount = (value: number) => amountIn(how, value);
  const money = {
    signed: [amount(cents)],
    card: [amount(-cents)],
    split: cents < 0 ? [amount(-cents), ''] : ['', amount(cents)],
    words: [amount(Math.abs(cents)), cents < 0 ? 'Soll' : 'Haben'],
  }[how.layout];
  return [dateIn(how, day), payee, memo, ...(money ?? []), ...(how.balance ? [amount(balance)] : [])];
}

function written(how: Dialect, rows: readonly Row[]): string {
  const quoted = (cell: string) =>
    how.quoteAll || /["\r\n]/.test(cell) || cell.includes(how.delimiter) || cell !== cell.trim()
      ? `"${cell.replaceAll('"', '""')}"`
      : cell;
  const line = (cells: readonly string[]) => `${cells.map(quoted).join(how.delimiter)}\n`;
  const money = {
    signed: ['Betrag'],
    card: ['Betrag'],
    split: ['Soll', 'Haben'],
    words: ['Betrag', 'Soll/Haben'],
  }[how.layout];
  let balance = 500_000;
  const body = rows.map((each) => {
    balance += each.cents;
    return line(cellsOf(how, each, balance));
  });
  const header = line([...NAMES, ...(money ?? []), ...(how.balance ? ['Saldo'] : [])]);
  return `${how.preamble}${header}${body.join('')}${how.footer}`.replaceAll('\n', how.lineEnd);
}

const profileOf = ({ delimiter, dates, decimal, layout }: Dialect): CsvProfile => ({
  delimiter,
  header: true,
  columns: {
    date: ['buchungsdatum'],
    ...(layout === 'split' ? { debit: 'soll', credit: 'haben' } : { amount: 'betrag' }),
    ...(layout === 'words' && { direction: { column: 'soll/haben', out: ['soll'], in: ['haben'] } }),
    merchant: ['empfänger'],
    description: ['verwendungszweck'],
  },
  dates,
  decimal,
  sign: layout === 'card' || layout === 'split' ? 'out-positive' : 'out-negative',
});

const truth = (rows: readonly Row[]) =>
  rows.map(({ day, cents, payee }) => ({
    date: new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10),
    amountMinor: cents,
    merchant: payee,
  }));

function read(profile: CsvProfile, pieces: readonly string[]) {
  const { entries, bad, refused } = readStatement(
    (sink) => csvReader({ profile, currency: 'EUR' }, sink),
    pieces,
  );
  assert.deepEqual({ bad, refused }, { bad: [], refused: undefined });
  return entries.map(({ date, amountMinor, merchant }) => ({ date, amountMinor, merchant }));
}

export const csvProperties = [
  fuzz(
    'rows of CSV are those of csv-parse where it reads them, however the text is cut',
    { cases: 3_000, share: 5 },
    fc.tuple(soup, fc.integer({ min: 1, max: 9 })),
    ([csv, size]) => {
      const rowsOf = (pieces: readonly string[]) => {
        const rows: (string[] | undefined)[] = [];
        const reader = new CsvRows(';', (fields) => rows.push(fields));
        for (const piece of pieces) reader.push(piece);
        reader.end();
        return rows;
      };
      const rows = rowsOf([csv]);
      assert.deepEqual(rowsOf(inPieces(csv, size)), rows);
      let expected: string[][];
      try {
        expected = parse(csv.replace(/\r\n?/g, '\n'), {
          delimiter: ';',
          record_delimiter: '\n',
          relax_column_count: true,
          ltrim: true,
        });
      } catch {
        return;
      }
      // csv-parse drops spaces at the end of a file.
      const filled = (all: readonly (string[] | undefined)[]) =>
        all.map((each) => each?.map((field) => field.trim())).filter((each) => each?.join('') !== '');
      assert.deepEqual(filled(rows), filled(expected));
    },
  ),
  fuzz(
    'rows written in any dialect come back, and a guess that is certain is right',
    { cases: 1_500, share: 4 },
    fc.tuple(dialect, fc.array(row, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 50 })),
    ([how, rows, size]) => {
      const file = written(how, rows);
      assert.deepEqual(read(profileOf(how), inPieces(file, size)), truth(rows));
      const guess = understand(file, { whole: true });
      if (!guess.ok || guess.aspects.some(({ certain }) => !certain)) return;
      // On a card, money that comes in is less frequent than what is spent.
      const out = rows.filter(({ cents }) => cents < 0).length;
      const balanced = guess.aspects.some(({ why }) => why === 'the balance follows it');
      if (how.layout === 'card' && !balanced && out <= rows.length / 2) return;
      assert.deepEqual(read(guess.profile, [file]), truth(rows));
    },
  ),
  fuzz(
    'a hostile CSV file is understood or not, and what was understood reads it or refuses it',
    { cases: 1_000, share: 4 },
    fc.tuple(
      fc.oneof(
        fc
          .tuple(dialect, fc.array(row, { minLength: 1, maxLength: 6 }))
          .map(([how, rows]) => written(how, rows)),
        soup,
        fc.string({ unit: 'binary', maxLength: 200 }),
      ),
      fc.array(fc.tuple(fc.nat({ max: 600 }), fc.constantFrom('"', '\n', ';', ',', '9', '-', '\0', '')), {
        maxLength: 4,
      }),
    ),
    ([file, damage]) => {
      const damaged = damage.reduce(
        (all, [at, with_]) => `${all.slice(0, at)}${with_}${all.slice(at + 1)}`,
        file,
      );
      const guess = understand(damaged, { whole: true });
      if (!guess.ok) return assert.ok(guess.reason !== '');
      const { entries, bad, refused } = readStatement(
        (sink) => csvReader({ profile: guess.profile, currency: 'EUR' }, sink),
        [damaged],
      );
      assert.equal(refused, undefined);
      if (guess.aspects.length > 0) assert.ok(entries.length + bad.length > 0);
    },
  ),
];
