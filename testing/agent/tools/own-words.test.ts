import { expect, test } from 'vitest';
import { ownWordsProblem } from '../../../agent/tools/own-words.ts';

test.each([
  'Slow down a little',
  'Half of it is the new bike, which was planned',
  'CHF 40 more than last week; 3 days to go',
  'Dinner on the 14th: CHF 62.50',
  'Noch 2.5 Tage',
  'Übrig: nichts 😀',
  'مصاريف الأسبوع',
  '2026年の食費、残り3日、コーヒー',
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
  ['an address', 'see https://evil.example/x', /address/],
  ['an address in another scheme', 'tel://x', /address/],
  ['a bare domain', 'see evil.com now', /address/],
  ['a domain with full-width dot and letters', 'see ｅｖｉｌ．ｃｏｍ', /address/],
  ['a domain with an ideographic stop', 'see evil。com', /address/],
  ['a domain cut by what has no width', 'see evil\u200b.\u2060com', /address/],
  ['a domain cut by a letter that nobody sees', 'see evil.\u3164com', /address/],
  ['a domain cut by a sign that is there for other letters', 'see evil\u0600.\u0600com', /address/],
  ['a domain cut by what joins or selects a form', 'see evil.\u034f\ufe0fcom', /address/],
  ['a domain of another script', 'пример.рф', /address/],
  ['a domain whose last letter is a mark', 'हिन्दी.भारत', /address/],
  ['www', 'www evil com', /address/],
  ['a mail address', 'me@evil', /address/],
  ['a phone number', 'call +19005550199', /number/],
  ['a phone number with blanks', 'call 1 900 555 0199', /number/],
  ['a phone number with signs', 'call (1)-900.555/0199', /number/],
  ['a phone number with full-width digits', 'call １９００５５５', /number/],
  ['a phone number in Arabic digits', 'call ٠١٢٣٤٥', /number/],
  ['a phone number cut by what has no width', 'call 1\u200b9\u200b0\u200b0\u200b5', /number/],
  ['a phone number with hyphens that do not break', 'call 1‑900‑555‑0199', /number/],
  ['a phone number with dashes', 'call 1–900–555−0199', /number/],
  ['a phone number with tildes and brackets', 'call 1~[900]~555', /number/],
  ['a phone number cut by letters that nobody sees', 'call 1\u3164900\uffa0555', /number/],
  ['a phone number with letters that are dashes', 'call 1ー900ｰ5', /number/],
  ['a phone number with a Chinese one for a dash', 'call 1一900一5', /number/],
  ['a phone number with a Korean vowel for a dash', 'call 1ㅡ900ㅡ5', /number/],
  ['a phone number of which a sign is two digits', 'call ⑲⓪⑤⑤', /number/],
  ['a phone number with an x', 'call 1x900x555', /number/],
  ['a phone number on keycaps', 'call 1️⃣9️⃣0️⃣0️⃣5️⃣', /number/],
  ['a phone number in circles', 'call ❶❾⓿⓿❺', /number/],
  ['a card', '4111 1111 1111 1111', /number/],
  ['a code', 'your code is 12345', /number/],
])('%s may not', (_what, text, problem) => {
  expect(ownWordsProblem(text)).toMatch(problem);
});
