/** What a terminal shows as nothing but room. All of it becomes the one blank. */
export const BLANKS = /[\s\p{Z}\u0085\u115f\u1160\u2800\u3164\uffa0]+/gu;

/** Every way to begin a line. */
export const LINE_ENDS = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/;

/**
 * What a reader does not see, or not where it stands. Letters, marks, numbers, punctuation, symbols and the blank are
 * allowed; the rest is hidden: controls, formats, tags, private use, unassigned, halves of characters. Of marks, those
 * at the beginning and from the third in a row on: they would cover what is beside them. Joiners and variation
 * selectors are left where they make an emoji.
 */
export const HIDDEN =
  /(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})|(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|([[^\p{L}\p{M}\p{N}\p{P}\p{S} ]\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\u{16fe4}]|(?<=^|\p{M}{2})\p{M})/gv;

/** `\u{202e}`. */
export const spelledOut = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/**
 * Sequences that move the cursor, paint, or name the window. Each is looked for from its beginning to the next one at
 * most: what is never ended costs one look, however often it begins.
 */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9b-\x9f]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-OQ-WYZ\\`-~]/g;

export const withoutEscapes = (text: string): string => text.replace(ESCAPES, '');
