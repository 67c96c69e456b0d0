/** Crockford's base32: no letters that look alike, and sorted in character order. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 8;
/** Eight digits from this start last until 2059. */
const START_MS = Date.UTC(2025, 0, 1);

export const RUN_ID = /^[0-9a-hjkmnp-tv-z]{8}$/;

/** Encodes a time as eight characters that sort by time. */
export function runIdAt(ms: number): string {
  let rest = Math.max(0, Math.floor(ms) - START_MS);
  let id = '';
  for (let digit = 0; digit < LENGTH; digit += 1) {
    id = DIGITS.charAt(rest % DIGITS.length) + id;
    rest = Math.floor(rest / DIGITS.length);
  }
  return id;
}
