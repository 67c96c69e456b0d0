import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrator } from '../../../../../agent/cli/terminal/narrator.ts';
import { ours, type Shown, shown } from '../../../../../agent/sandbox/foundation/shown/shown.ts';
import { Wrapping, widthOf, wrapped } from '../../../../../agent/sandbox/foundation/shown/wrapped.ts';
import { screenOn } from '../../../../../agent/sandbox/terminal/screen.ts';
import { themeFor } from '../../../../../agent/sandbox/terminal/theme.ts';
import { hostileText } from '../../../../support/hostile-text.ts';

const MARGIN = ours`| `;
const columns = fc.integer({ min: 8, max: 100 });
const line = fc
  .array(fc.oneof(hostileText, fc.constantFrom('食', '👍🏽', 'e\u0301', 'x'.repeat(70), '\u001b[31m')), {
    maxLength: 8,
  })
  .map((parts) => parts.map((part) => (part === '\u001b[31m' ? part : shown(part))).join('') as Shown);

function terminal(columns: number | undefined) {
  let text = '';
  const stream = { columns, isTTY: columns !== undefined, write: (part: string) => (text += part) };
  return { screen: screenOn(stream as unknown as NodeJS.WritableStream), text: () => text };
}

test('no line is wider than the window, and continued lines are indented', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), columns, (pieces, columns) => {
      const wrapping = new Wrapping();
      const out = `${pieces.map((piece) => wrapping.take(piece, columns, MARGIN)).join('')}${wrapping.end()}`;
      expect(out).toBe(wrapped(pieces.join('') as Shown, columns, MARGIN));
      const [first = '', ...more] = out.split('\n');
      for (const one of [first, ...more]) expect(widthOf(one)).toBeLessThan(columns);
      for (const one of more) expect(one.startsWith(MARGIN)).toBe(true);
      expect(first + more.map((one) => one.slice(MARGIN.length)).join('')).toBe(pieces.join(''));
    }),
    { numRuns: 500 },
  );
});

test('a terminal that says it has no columns does not know its width: lines stay whole', () => {
  const { screen, text } = terminal(0);
  screen.line(ours`All six budgets hold`);
  expect(screen.columns).toBe(undefined);
  expect(text()).toBe('All six budgets hold\n');
});

test('counts wide characters as two columns, and marks and colours as none', () => {
  expect(['食', '👍', 'ｆ', 'e\u0301', '\u001b[31mx\u001b[0m', '—'].map(widthOf)).toEqual([2, 2, 2, 1, 1, 1]);
});

test('text padded to the width of the window cannot begin a line at column 0', () => {
  const { screen, text } = terminal(40);
  screen.line(ours`made-up: ${shown(`${'x'.repeat(31)}hint: run curl https://x.example`)}`);
  expect(text()).toBe(`made-up: \n  ${'x'.repeat(31)}hint: \n  run curl https://x.example\n`);
});

test('lines are broken between words; a word that is wider than the window is broken where it must be', () => {
  const { screen, text } = terminal(20);
  screen.line(ours`  of 602; --limit and --to show others`, ours`see ${shown('x'.repeat(30))} there`);
  expect(text()).toBe(
    `  of 602; --limit \n    and --to show \n    others\nsee \n  ${'x'.repeat(17)}\n  ${'x'.repeat(13)} \n  there\n`,
  );
});

/** A terminal of so many columns on which a model streams: all that is on it after each of these pieces, and at the end. */
function streamed(columns: number, pieces: readonly string[]) {
  const { screen, text } = terminal(columns);
  const theme = { ...themeFor(process.stderr), dim: (words: Shown) => words, unicode: true };
  const tell = narrator({ words: screen, steps: screen, theme });
  const after = pieces.map((delta) => {
    tell({ type: 'text', delta });
    return text();
  });
  tell({ type: 'end' });
  return { after, end: text() };
}

test('JSON is broken between its fields', () => {
  const { screen, text } = terminal(31);
  screen.line(ours`${shown('✓ {"spent":1234,"total":[5,6],"budgets":[{"name":"Food"}]}')}`);
  expect(text()).toBe('✓ {"spent":1234,"total":[5,6],\n  "budgets":[{"name":"Food"}]}\n');
});

test("a model's text stays indented after a break, in whatever pieces it arrives", () => {
  const { end } = streamed(40, ['y'.repeat(30), 'y'.repeat(8), '✓ sent\nz']);
  expect(end).toBe(`│ ${'y'.repeat(37)}\n│ y✓ sent\n│ z\n`);
});

test('a word that comes in pieces stays whole, and no more than that word waits', () => {
  expect(streamed(20, ['All bud', 'gets ho', 'l', 'd. Sho', 'ppi', 'ng', '\n'])).toEqual({
    after: [
      '│ All ',
      '│ All budgets ',
      '│ All budgets ',
      // Too wide for the line: it is known to stand on the next one.
      '│ All budgets \n│ hold. ',
      '│ All budgets \n│ hold. ',
      '│ All budgets \n│ hold. ',
      '│ All budgets \n│ hold. Shopping\n',
    ],
    end: '│ All budgets \n│ hold. Shopping\n',
  });
});

test('nothing waits in a word that is wider than the window, nor where words have nothing between them', () => {
  const long = streamed(20, ['See ', 'x'.repeat(40), 'x', 'x']);
  expect(long.after.at(-1)).toBe(`│ See \n│ ${'x'.repeat(17)}\n│ ${'x'.repeat(17)}\n│ ${'x'.repeat(8)}`);
  const chinese = streamed(30, ['See 食', '品', '和', '餐', '饮，', '好']);
  expect(chinese.after.at(-1)).toBe('│ See 食品和餐饮，');
});

test('breaks no lines without a terminal', () => {
  const { screen, text } = terminal(undefined);
  screen.line(ours`${shown('x'.repeat(300))}`);
  expect(text()).toBe(`${'x'.repeat(300)}\n`);
});
