/** Maximum characters of a line that a model adds to an alert. */
const MAX_LENGTH = 120;

/** Maximum digits in the whole text. An emoji counts as one, because clocks and medals show digits. */
const MAX_DIGITS = 4;

/** Scripts that may be used. East Asian scripts count as one, because their words mix them. */
const SCRIPTS = [
  ...['Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Hebrew', 'Arabic', 'Ethiopic', 'Devanagari', 'Bengali'],
  ...['Gurmukhi', 'Gujarati', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Khmer'],
  'Myanmar',
].map((script) => `\\p{scx=${script}}`);
const EAST_ASIA = '[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}]';

/** Letters, marks and digits of each script. No modifier letters: many look like dashes and dots. */
const ALPHABETS = [
  // Latin letters of written languages. Higher ranges hold phonetic letters, some of which look like dots and dashes.
  '[[A-Za-z\\u00c0-\\u024f\\u1e00-\\u1eff]&&[\\p{Lu}\\p{Ll}]]',
  `[[[\\p{Lu}\\p{Ll}\\p{Lo}\\p{M}\\p{Nd}]&&${EAST_ASIA}]ー々]`,
  ...SCRIPTS.map((script) => `[[\\p{Lu}\\p{Ll}\\p{Lo}\\p{M}\\p{Nd}]&&${script}]`),
].map((letters) => `[${letters}--\\p{Default_Ignorable_Code_Point}]`);

// Keycaps start with a digit. The others show several digits each.
const EMOJI = '[[\\p{RGI_Emoji}\\p{Extended_Pictographic}]--\\p{Emoji_Keycap_Sequence}--[\\q{🔟|💯|🔢}]]';
const OPENING = '[\\(¡¿]';
const CLOSING = '[\\).,;:!?،؛؟]';
const INSIDE = "[\\-–—&'’\\/+%_$€£¥₹]";
const CORE = `(?:${[...ALPHABETS, '[0-9]', INSIDE].join('|')})`;

const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const ALLOWED = new RegExp(`^(?:${[EMOJI, OPENING, CLOSING, ' ', CORE].join('|')})*$`, 'v');
/** Emoji and signs that look like a dot are allowed before or after a word, not inside. */
const WORD = new RegExp(`^(?:${EMOJI}|${OPENING})*${CORE}*(?:${EMOJI}|${CLOSING})*$`, 'v');
/** Chinese digits form numbers too. */
const DIGITS = new RegExp(`\\p{N}|[零一二三四五六七八九]|${EMOJI}`, 'gv');
const EACH_ALPHABET = ALPHABETS.map((letters) => new RegExp(`^${letters}$`, 'v'));

/**
 * Why text that the user did not write cannot go into an alert, or undefined. The reason never repeats the text. Only
 * characters known to be harmless are allowed, because nobody can list all that look like a dot or a dash.
 */
export function ownWordsProblem(words: string): string | undefined {
  if (words.length > MAX_LENGTH) return `it has ${words.length} characters; the maximum is ${MAX_LENGTH}`;
  if (words.trim() === '') return 'it is empty';
  if (CONTROL.test(words)) return 'it holds control characters or line breaks';
  const text = words.normalize('NFC');
  if ((text.match(DIGITS)?.length ?? 0) > MAX_DIGITS)
    return `it holds more than ${MAX_DIGITS} digits or emoji: it could be a phone number, an account, a card or a code`;
  // Circled, raised or full-width characters look like others.
  if (text.normalize('NFKC') !== text || !ALLOWED.test(text))
    return 'it holds a character other than letters, digits, emoji and plain punctuation';
  const parts = text.split(' ');
  if (parts.some((word) => !WORD.test(word) || /^www$/i.test(word)))
    return 'it may hold a web address: a sign or an emoji inside a word';
  return parts.some((word) => changesOfScript(word) > 1)
    ? 'it holds a word that changes script more than once'
    : undefined;
}

/** A letter of another script inside a word could look like a dot. "Netflix代" has one change. */
function changesOfScript(word: string): number {
  const scripts = [...word].map((letter) => EACH_ALPHABET.findIndex((alphabet) => alphabet.test(letter)));
  const known = scripts.filter((script) => script !== -1);
  return known.filter((script, at) => at > 0 && script !== known[at - 1]).length;
}
