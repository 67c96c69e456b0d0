import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** What people type between digits. No Unicode normalisation: digits of other scripts must not pass. */
const SEPARATORS = /[ ()-]/g;
/** Fifteen digits, with room for what people type between them. */
const MAX_UNITS = 64;
const E164 = /^\+[1-9]\d{7,14}$/;

/**
 * A number in E.164, or undefined. `isPossible` rather than `isValid`: the latter refuses Twilio's own examples
 * and accepts extensions; the pattern before it shuts those out.
 */
export function parsePhone(input: string): string | undefined {
  if (input.length > MAX_UNITS) return undefined;
  const number = input.replace(SEPARATORS, '');
  if (!E164.test(number)) return undefined;
  return parsePhoneNumberFromString(number)?.isPossible() ? number : undefined;
}

/** +41791234567 → +41*******67: enough to recognise one's own number, too little to dial it. */
export const maskPhone = (number: string): string =>
  number.length < 8 ? '***' : `${number.slice(0, 3)}${'*'.repeat(number.length - 5)}${number.slice(-2)}`;

/** Masks every run of digits that could be a phone number, for text that others wrote (API errors). */
export const maskPhonesIn = (text: string): string => text.replace(/\+?\d{7,15}/g, maskPhone);
