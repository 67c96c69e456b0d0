/** Of a line that a model adds to an alert. Characters. */
const MAX_LENGTH = 120;

/** How a phone sees it: full-width forms are plain ones, and what has no width is not there. */
const asSeen = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll('\u3002', '.')
    .replace(/\p{Cf}|\p{Default_Ignorable_Code_Point}/gu, '');

const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
/** Stricter than a list of domains: no scheme, no address, no letter right behind a dot. */
const LINK = /:\/\/|\bwww\b|[\p{L}\p{N}]@[\p{L}\p{N}]|[\p{L}\p{M}\p{N}_-]\.\p{L}/iu;
/**
 * Five digits with no letter between them: a phone number, an account, a card, a code. Whatever else stands there, phones
 * dial across it (dashes of all kinds, tildes, brackets, an x), and people read across the letters that are dashes: a long
 * vowel's, the one of Chinese, the eu of Korean. Figures stand in the alert already.
 */
const LONG_NUMBER = /\p{N}(?:(?:[^\p{L}\p{N}]|[\p{Lm}x\u4e00\u1173])*\p{N}){4}/iu;

/** Why words that a model chose cannot go into an alert, or undefined. A reason never repeats them. */
export function ownWordsProblem(text: string): string | undefined {
  if (text.trim() === '') return 'it is empty';
  if (text.length > MAX_LENGTH) return `it has ${text.length} characters; at most ${MAX_LENGTH}`;
  if (CONTROL.test(text)) return 'it holds control characters or line breaks';
  const seen = asSeen(text);
  if (LINK.test(seen)) return 'it holds what looks like a web or mail address';
  if (LONG_NUMBER.test(seen)) return 'it holds a number that could be a phone, an account, a card or a code';
  return undefined;
}
