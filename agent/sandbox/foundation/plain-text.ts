import { withoutEscapes } from './shown/characters.ts';

/**
 * Text that others wrote, for a model or a record: no control characters and nothing that reorders what is read. Line
 * feeds stay, tabs become spaces. What a person sees goes through `shown`.
 */
export const plainText = (text: string): string =>
  withoutEscapes(text)
    .replaceAll('\t', ' ')
    .replace(/(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '');

/** The last line of what a program said, for an error that quotes it. */
export const lastLine = (text: string): string =>
  plainText(text).trim().split('\n').at(-1)?.slice(0, 300) ?? '';
