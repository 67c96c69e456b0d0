/** Of a line that a model adds to an alert. Characters. */
const MAX_LENGTH = 120;

/** In all of a text, whatever stands between them. An emoji counts as one: clocks and medals show digits. */
const MAX_DIGITS = 4;

/** Whose letters may stand in a text. The scripts of East Asia are one: their words mix them. */
const SCRIPTS = [
  ...['Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Hebrew', 'Arabic', 'Ethiopic', 'Devanagari', 'Bengali'],
  ...['Gurmukhi', 'Gujarati', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Khmer'],
  'Myanmar',
].map((script) => `\\p{scx=${script}}`);
const EAST_ASIA = '[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}]';

/** Letters, their marks and digits, of each script. No modifier letters: many are dashes and dots. */
const ALPHABETS = [
  // As languages write it. Further up are letters of phonetics, some of which are dots and dashes.
  '[[A-Za-z\\u00c0-\\u024f\\u1e00-\\u1eff]&&[\\p{Lu}\\p{Ll}]]',
  `[[[\\p{Lu}\\p{Ll}\\p{Lo}\\p{M}\\p{Nd}]&&${EAST_ASIA}]ー々]`,
  ...SCRIPTS.map((script) => `[[\\p{Lu}\\p{Ll}\\p{Lo}\\p{M}\\p{Nd}]&&${script}]`),
].map((letters) => `[${letters}--\\p{Default_Ignorable_Code_Point}]`);

// Keycaps begin with a digit; the others are several digits each.
const EMOJI = '[[\\p{RGI_Emoji}\\p{Extended_Pictographic}]--\\p{Emoji_Keycap_Sequence}--[\\q{🔟|💯|🔢}]]';
const OPENING = '[\\(¡¿]';
const CLOSING = '[\\).,;:!?،؛؟]';
const INSIDE = "[\\-–—&'’\\/+%_$€£¥₹]";
const CORE = `(?:${[...ALPHABETS, '[0-9]', INSIDE].join('|')})`;

const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const ALLOWED = new RegExp(`^(?:${[EMOJI, OPENING, CLOSING, ' ', CORE].join('|')})*$`, 'v');
/** What could be a dot, and every emoji, stands before a word or behind it, never inside. */
const WORD = new RegExp(`^(?:${EMOJI}|${OPENING})*${CORE}*(?:${EMOJI}|${CLOSING})*$`, 'v');
/** Chinese digits read as a number as well as any others. */
const DIGITS = new RegExp(`\\p{N}|[零一二三四五六七八九]|${EMOJI}`, 'gv');
const EACH_ALPHABET = ALPHABETS.map((letters) => new RegExp(`^${letters}$`, 'v'));

/**
 * Why words that a person did not write cannot go into an alert, or undefined. A reason never repeats them. What is not
 * known to be harmless is refused: nobody can list all that a phone, or a reader, takes for a dot or a dash.
 */
export function ownWordsProblem(words: string): string | undefined {
  if (words.length > MAX_LENGTH) return `it has ${words.length} characters; at most ${MAX_LENGTH}`;
  if (words.trim() === '') return 'it is empty';
  if (CONTROL.test(words)) return 'it holds control characters or line breaks';
  const text = words.normalize('NFC');
  if ((text.match(DIGITS)?.length ?? 0) > MAX_DIGITS)
    return `it holds more than ${MAX_DIGITS} digits or emoji: it could be a phone number, an account, a card or a code`;
  // Circled, raised, full-width: one character that is read as others.
  if (text.normalize('NFKC') !== text || !ALLOWED.test(text))
    return 'it holds a character other than letters, digits, emoji and plain punctuation';
  const parts = text.split(' ');
  if (parts.some((word) => !WORD.test(word) || /^www$/i.test(word)))
    return 'it holds what could be a web address: a sign or an emoji inside a word';
  return parts.some((word) => changesOfScript(word) > 1)
    ? 'it holds a word that goes from one script to another and back'
    : undefined;
}

/** A letter of another script inside a word could pass for a dot. "Netflix代" has one change. */
function changesOfScript(word: string): number {
  const scripts = [...word].map((letter) => EACH_ALPHABET.findIndex((alphabet) => alphabet.test(letter)));
  const known = scripts.filter((script) => script !== -1);
  return known.filter((script, at) => at > 0 && script !== known[at - 1]).length;
}
