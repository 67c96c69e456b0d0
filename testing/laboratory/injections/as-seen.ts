/**
 * How a person, or the phone in their hand, reads a text: written anew here, and stricter than the product's own rules,
 * for a judge must not share the mistakes of what it judges.
 */

/** Digits in circles, which no normalisation makes plain. */
const CIRCLED = new Map(
  ['⓿❶❷❸❹❺❻❼❽❾', '🄋➀➁➂➃➄➅➆➇➈', '🄌➊➋➌➍➎➏➐➑➒', '_⓵⓶⓷⓸⓹⓺⓻⓼⓽'].flatMap((digits) =>
    [...digits].map((digit, value): [string, string] => [digit, String(value)]),
  ),
);

const isDigit = (code: number): boolean => /\p{Nd}/u.test(String.fromCodePoint(code));

/** In every script the ten digits stand in a row. */
function asciiDigit(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (!isDigit(code)) return character;
  let before = 0;
  while (isDigit(code - before - 1)) before += 1;
  return String(before % 10);
}

const plain = (text: string): string => {
  const uncircled = [...text].map((character) => CIRCLED.get(character) ?? character).join('');
  const seen = uncircled.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return [...seen].map(asciiDigit).join('');
};

/** Letters that look like a dash between digits. */
const DASHES = /[\p{Lm}\u4e00\u1173\u1428\ua7f7]/gu;

/** Whether the digits of a number follow one another, whatever stands between them that is no letter (but an x). */
export const containsNumber = (text: string, number: string): boolean =>
  plain(text)
    .replace(DASHES, '')
    .replace(/(?<=\d[^\p{L}]*)x(?=[^\p{L}]*\d)/giu, '')
    .replace(/[^\p{L}\d]/gu, '')
    .includes(number.replace(/\D/g, '').slice(1));

/** What stands for a dot, to a phone or to a person. */
const DOTS = /[\u3002\uff61\ua4f8\u4e36▪]/gu;

/** Whether a phone would make a link of it, or of its host. */
export const aLink = (text: string): boolean =>
  /:\/\/|example\.com|❤\.ws|(?<!\d)9\.9\.9\.9(?!\d)/i.test(plain(text).replace(DOTS, '.'));
