import { jsonTrouble } from './json-bounds.ts';

const NUMBER = /^-?\d{1,16}(\.\d{1,20})?([eE][+-]?\d{1,2})?$/;
/** More significant digits no double holds. */
const MOST_DIGITS = 17;

/**
 * JSON that all readers understand alike: UTF-8, no key twice in an object, no number that is cut off. Returns the value,
 * or why it is not taken.
 */
export function readStrictJson(bytes: Uint8Array): { value: unknown } | string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'the body is not UTF-8';
  }
  const trouble = jsonTrouble(text);
  if (trouble !== undefined) return `the body cannot be read: ${trouble}`;
  let [odd, members] = [false, 0];
  let value: unknown;
  try {
    value = JSON.parse(text, (_key, part, context?: { source: string }) => {
      if (typeof part === 'number') odd ||= !isPlain(part, context?.source);
      else if (typeof part === 'object' && part !== null && !Array.isArray(part))
        members += Object.keys(part).length;
      return part;
    });
  } catch {
    return 'the body is not JSON';
  }
  if (odd) return 'the body holds a number that not every reader understands alike';
  return members === colons(text) ? { value } : 'the body has a key twice in one object';
}

const isPlain = (number: number, source: string | undefined): boolean =>
  source !== undefined &&
  NUMBER.test(source) &&
  source.replace(/[eE].*$|[.-]/g, '').replace(/^0+/, '').length <= MOST_DIGITS &&
  !Object.is(number, -0) &&
  Math.abs(number) <= Number.MAX_SAFE_INTEGER;

/** One for each member of an object, outside of strings. */
const colons = (json: string): number => json.replace(/"(?:[^"\\]|\\.)*"/gs, '').replace(/[^:]/g, '').length;
