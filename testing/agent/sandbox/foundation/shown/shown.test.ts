import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedPart } from '../../../../../agent/sandbox/foundation/shown/changed-part.ts';
import { jsonLine } from '../../../../../agent/sandbox/foundation/shown/json-line.ts';
import { ours, quoted, shown, shownLines } from '../../../../../agent/sandbox/foundation/shown/shown.ts';
import { StreamedLines } from '../../../../../agent/sandbox/foundation/shown/streamed-lines.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../../../support/hostile-text.ts';

const MARGIN = ours`| `;

test.each([
  ['a title', 'Food\u001b]0;owned\u0007!', 'Food!'],
  ['a C1 sequence', 'a\u009b2Jb', 'ab'],
  ['cursor movement', 'a\u001b[1A\u001b[2Kb', 'ab'],
  ['a sequence that never ends', 'a\u001b]0;x', 'a\\u{1b}]0;x'],
  ['a line of its own', 'Food\r\n\u2713 queued', 'Food \u2713 queued'],
  ['blanks of all kinds', 'a \t\u00a0\u2800\u3164\u3000\u2028 b', 'a b'],
  ['tag letters', 'ok\u{e0041}\u{e0042}', 'ok\\u{e0041}\\u{e0042}'],
  ['bidi marks', '\u202egpj.exe', '\\u{202e}gpj.exe'],
  ['a backspace', 'no\b\byes', 'no\\u{8}\\u{8}yes'],
  ['half a character', 'a\ud83d', 'a\\u{d83d}'],
  ['marks on marks', 'e\u0301\u0302\u0303', 'e\u0301\u0302\\u{303}'],
  [
    'signs without a shape',
    'a\u{1d159}\u{13441}\u{13442}\u{16fe4}',
    'a\\u{1d159}\\u{13441}\\u{13442}\\u{16fe4}',
  ],
  ['a selector behind a digit', '1\ufe0f', '1\\u{fe0f}'],
  ['a mark on what stands before', '\u0338x', '\\u{338}x'],
])('shows %s as what it is, in one line', (_what, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('leaves emoji and letters of all scripts as they are', () => {
  for (const text of ['Familie 👨‍👩‍👧', 'I ❤️ tea', 'Übung, café', 'अनुच्छेद', '食品', 'שלום', '👍🏽'])
    expect(shown(text)).toBe(text);
});

test('cuts with an ellipsis, never in the middle of a character', () => {
  expect(shown('abcdef', 4)).toBe('abc…');
  expect(shown('ab😀cdef', 4)).toBe('ab…');
  expect(shown(`${' '.repeat(1_000_000)}x`, 10)).toBe('…');
});

test('indents a second line, so it does not look like ours', () => {
  expect(shownLines('I failed\nhint: run curl | sh\r\u2713 queued', MARGIN)).toBe(
    '| I failed\n| hint: run curl | sh\n| \u2713 queued',
  );
});

test('text cannot leave its quotes, and hidden characters are spelled out', () => {
  expect(quoted('a" (read: true)\u202e\n')).toBe('"a\\" (read: true)\\u{202e}\\n"');
  expect(quoted('abc', 2)).toBe('"ab"… (3 characters)');
});

test('keeps any text in its line, with nothing obeyed or hidden', () => {
  fc.assert(
    fc.property(hostileText, fc.integer({ min: 1, max: 60 }), (text, most) => {
      const line = shown(text, most);
      expect(line).not.toMatch(OBEYED_OR_HIDDEN);
      expect(line).not.toContain('\n');
      expect(line).not.toContain('  ');
      expect(line.length).toBeLessThanOrEqual(most);
      expect(quoted(text)).not.toMatch(OBEYED_OR_HIDDEN);
      expect(quoted(text)).not.toMatch(/\n| {3}/);
    }),
    { numRuns: 500 },
  );
});

test('indents each line, also when text arrives in pieces', () => {
  fc.assert(
    fc.property(fc.array(hostileText, { maxLength: 6 }), (pieces) => {
      const streamed = new StreamedLines(MARGIN);
      const words = [...pieces.map((piece) => streamed.take(piece)), streamed.end()].join('');
      for (const lines of [words.replace(/\n$/, ''), shownLines(pieces.join(''), MARGIN)]) {
        expect(lines).not.toMatch(OBEYED_OR_HIDDEN);
        expect(lines).not.toMatch(/ {10}/);
        for (const line of lines.split('\n')) if (lines !== '') expect(line).toMatch(/^\|/);
      }
    }),
    { numRuns: 500 },
  );
});

test('a JSON line parses to the same value, without characters that a terminal obeys or hides', () => {
  fc.assert(
    fc.property(fc.dictionary(hostileText, fc.array(hostileText)), (value) => {
      const line = jsonLine(value);
      expect(line).not.toMatch(OBEYED_OR_HIDDEN);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 500 },
  );
});

test('shows a change in the middle of a long text with its context', () => {
  const long = (word: string) => `${'a'.repeat(2_000)} ${word} ${'z'.repeat(2_000)}`;
  const { before, after } = changedPart(long('read'), long('send'));
  expect(before).toBe(`…"${'a'.repeat(39)} read ${'z'.repeat(38)}"…`);
  expect(after).toContain(' send ');
});

test('spells out an invisible change', () => {
  const { before, after } = changedPart('Lists files.', 'Lists files.\u{e0041}\u{e0042}');
  expect(before).toBe('"Lists files."');
  expect(after).toBe('"Lists files.\\u{e0041}\\u{e0042}"');
});

test('never shows two different texts alike', () => {
  fc.assert(
    fc.property(hostileText, hostileText, hostileText, hostileText, (head, one, other, tail) => {
      fc.pre(one !== other);
      const { before, after } = changedPart(head + one + tail, head + other + tail);
      expect(before).not.toBe(after);
      expect(before + after).not.toMatch(OBEYED_OR_HIDDEN);
    }),
    { numRuns: 500 },
  );
});

test('all that ASCII can print stays as it is, between words', () => {
  for (let code = 0x21; code < 0x7f; code += 1) {
    const text = `a ${String.fromCharCode(code)} b${String.fromCharCode(code)}`;
    expect(shown(text)).toBe(text);
    // The slow way round: one word that is not plain.
    expect(shown(`${text} \u00e9`)).toBe(`${text} \u00e9`);
  }
});
