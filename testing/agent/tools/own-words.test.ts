import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownWordsProblem } from '../../../agent/tools/own-words.ts';
import { cases, ofToday } from '../../support/in-full.ts';

test.each([
  'Slow down a little',
  'Half of it is the new bike, which was planned',
  'CHF 40 more than last week; 3 days to go',
  'Dinner on the 14th: CHF 62',
  'Übrig: nichts 😀',
  '❤️ Kids (and ours) – 50%!',
  'L’épicerie & Café/Bar',
  'مصاريف الأسبوع',
  'हिन्दी, ค่าอาหาร, Еда и дом',
  '食費とコーヒー Netflix代 残り3日',
])('%s may stand in an alert', (text) => {
  expect(ownWordsProblem(text)).toBeUndefined();
});

test.each<[string, string, RegExp]>([
  ['nothing', '', /empty/],
  ['blanks', ' \u00a0 ', /empty/],
  ['more than a line', 'x'.repeat(121), /121 characters/],
  ['a second line', 'a\nb', /line breaks/],
  ['an escape sequence', 'a\u001b[2Jb', /control/],
  ['an override', 'a\u202eb', /control/],
  ['a line separator', 'a\u2028b', /control/],
  ['half of a character', 'a\ud83d', /other than letters/],
  ['an address', 'see https://evil', /address/],
  ['an address in another scheme', 'tel://x', /address/],
  ['a bare domain', 'see evil.com now', /address/],
  ['a domain of one letter and an emoji', 'Refund: i❤.ws', /address/],
  ['a domain of one letter and an emoji in color', 'Refund: i❤️.ws', /address/],
  ['an address of four numbers', '1.1.1.1', /address/],
  ['a domain with full-width dot and letters', 'see ｅｖｉｌ．ｃｏｍ', /other than letters/],
  ['a domain with an ideographic stop', 'see evil。com', /other than letters/],
  ['a domain with the dot of another script', 'see evilꓸcom', /other than letters/],
  ['a domain with a letter that is a dot', 'see evil丶com', /script/],
  ['a domain with a raised letter for a dot', 'see evilºcom', /other than letters/],
  ['a domain with an emoji that is a dot', 'see evil▪️com', /address/],
  ['a domain cut by what has no width', 'see evil\u200b.\u2060com', /other than letters|control/],
  ['a domain cut by a letter that nobody sees', 'see evil.\u3164com', /other than letters/],
  [
    'a domain cut by a sign that is there for other letters',
    'see evil\u0600.\u0600com',
    /other than letters/,
  ],
  ['a domain cut by what joins or selects a form', 'see evil.\u034f\ufe0fcom', /other than letters/],
  ['a domain of another script', 'пример.рф', /address/],
  ['a domain whose last letter is a mark', 'हिन्दी.भारत', /address/],
  ['www', 'www evil com', /address/],
  ['a mail address', 'me@evil', /other than letters/],
  ['a code that a phone dials', '*21#', /other than letters/],
  ['a phone number', 'call +19005550199', /digits/],
  ['a phone number with blanks', 'call 1 900 555 0199', /digits/],
  ['a phone number with words between', 'call 0900 then 123 then 4567', /digits/],
  ['a phone number with signs', 'call (1)-900.555/0199', /digits/],
  ['a phone number with full-width digits', 'call １９００５５５', /digits/],
  ['a phone number in Arabic digits', 'call ٠١٢٣٤٥', /digits/],
  ['a phone number in Chinese digits', 'call 零九零零一二三', /digits/],
  ['a phone number cut by what has no width', 'call 1\u200b9\u200b0\u200b0\u200b5', /digits/],
  ['a phone number with hyphens that do not break', 'call 1‑900‑555‑0199', /digits/],
  ['a phone number with dashes', 'call 1–900–555−0199', /digits/],
  ['a phone number with a syllable for a dash', 'Call 0900ᐨ123ᐨ4567', /digits/],
  ['a phone number with a Latin letter for a dash', 'Call 0900ꟷ123ꟷ4567', /digits/],
  ['a phone number cut by letters that nobody sees', 'call 1\u3164900\uffa0555', /digits/],
  ['a phone number of which a sign is two digits', 'call ⑲⓪⑤', /other than letters/],
  ['a phone number with an x', 'call 1x900x555', /digits/],
  ['a phone number on keycaps', 'call 1️⃣9️⃣0️⃣0️⃣5️⃣', /digits/],
  ['a phone number in circles', 'call ❶❾⓿⓿❺', /digits/],
  ['a phone number on clocks', 'call 🕐🕘🕛🕛🕔', /digits/],
  ['an emoji that is three digits', '💯', /other than letters/],
  ['a card', '4111 1111 1111 1111', /digits/],
  ['a code', 'your code is 12345', /digits/],
])('%s may not', (_what, text, problem) => {
  expect(ownWordsProblem(text)).toMatch(problem);
});

/** Every character that Unicode has, and some of those that it has not yet or leaves to others: most code points. */
const CHARACTERS = (() => {
  const [known, rest]: [string[], string[]] = [[], []];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    (/[\p{Cn}\p{Co}]/u.test(character) ? rest : known).push(character);
  }
  return [...known, ...ofToday(rest, 50)];
})();

/** Where one character of any kind would make a number or a link. */
const everyCharacter = (around: (character: string) => string): string[] =>
  CHARACTERS.filter((character) => ownWordsProblem(around(character)) === undefined);

test('no character of Unicode makes a long number of short ones', () => {
  expect(everyCharacter((dash) => `0900${dash}123${dash}4567`)).toEqual([]);
});

test('no character of Unicode is a dot between two words: letters of theirs, digits and a few signs are all that passes', () => {
  const passing = everyCharacter((dot) => `evil${dot}com`);
  // Accents become part of the letter before them.
  const signs = passing.filter((each) => !/[a-z\u00c0-\u024f\u1e00-\u1eff\p{M}]/iu.test(each));
  expect(signs.join('')).toBe(" $%&'+-/0123456789_£¥–—’€₹");
  expect(
    passing.filter((each) => /\p{M}/u.test(each) && !/^\p{L}$/u.test(`l${each}`.normalize('NFC'))),
  ).toEqual([]);
});

test.each(['i❤️·ws', 'i❤·ws', 'evil.·com', 'evil·.com'])(
  'only a blank parts "%s"',
  (text) => {
    expect(everyCharacter((dot) => text.replace('·', () => dot))).toEqual(text === 'evil·.com' ? [] : [' ']);
  },
  30_000,
);

test('whatever passes holds four digits at most, and nothing that is or becomes a dot before a word', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.constantFrom('evil', 'com', '.', ' ', '9', '٣', '❤️', '1️⃣', '\u200d', '\ufe0f', '丶', '。', 'ー', 'é'),
  );
  const words = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(words, (text) => {
      if (ownWordsProblem(text) !== undefined) return;
      const seen = text.normalize('NFKC');
      expect(seen.match(/\p{N}/gu)?.length ?? 0).toBeLessThanOrEqual(4);
      expect(seen).not.toMatch(/[.。．｡․·][\p{L}\p{M}\p{N}]/u);
    }),
    { numRuns: cases(20_000) },
  );
});
