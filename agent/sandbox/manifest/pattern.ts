import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

const require = createRequire(import.meta.url);
const compiled = new Map<string, RE2JS>();

/** RE2 takes time in proportion to the text, whatever the pattern. Loaded where a manifest has a pattern. */
function compile(pattern: string): RE2JS {
  let made = compiled.get(pattern);
  if (made === undefined) {
    made = (require('re2js') as typeof import('re2js')).RE2JS.compile(pattern);
    compiled.set(pattern, made);
  }
  return made;
}

export function isSafePattern(pattern: string): boolean {
  try {
    compile(pattern);
    return true;
  } catch {
    return false;
  }
}

/** Whether the whole text is what the pattern says, as if it stood between `^` and `$`. */
export const patternMatches = (pattern: string, text: string): boolean => compile(pattern).matches(text);
