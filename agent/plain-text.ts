import { stripVTControlCharacters } from 'node:util';

/**
 * Text that others wrote, safe to print: no control characters (an escape sequence could repaint the screen or
 * forge an answer) and nothing that reorders what is read. Line feeds stay, tabs become spaces.
 */
export const plainText = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll('\t', ' ')
    .replace(/(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '');

/**
 * Text in quotes with every invisible character spelled out: what a person approves is what they see. Many spaces are
 * counted, `\u{20}{75}`, for in a window that wraps they lay out lines; marks heaped on marks cover the lines around.
 */
export const quotedText = (text: string): string =>
  JSON.stringify(text)
    .replace(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]|(?<=\p{M}{2})\p{M}/gu, spelledOut)
    .replace(/ {3,}/g, (spaces) => `${spelledOut(' ')}{${spaces.length}}`);

const spelledOut = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;
