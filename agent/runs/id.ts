/** Crockford's digits: no letter that reads like another, and in the order in which characters sort. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 8;
/** Eight digits from here on last until 2059. */
const START_MS = Date.UTC(2025, 0, 1);

export const RUN_ID = /^[0-9a-hjkmnp-tv-z]{8}$/;

/** The milliseconds of a time as eight characters: ids sort by time. */
export function runIdAt(ms: number): string {
  let rest = Math.max(0, Math.floor(ms) - START_MS);
  let id = '';
  for (let digit = 0; digit < LENGTH; digit += 1) {
    id = DIGITS.charAt(rest % DIGITS.length) + id;
    rest = Math.floor(rest / DIGITS.length);
  }
  return id;
}
