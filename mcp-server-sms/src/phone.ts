import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Separators in phone numbers. No Unicode normalisation: digits of other scripts must not pass. */
const SEPARATORS = /[ ()-]/g;
/** Fifteen digits and separators. */
const MAX_UNITS = 64;
const E164 = /^\+[1-9]\d{7,14}$/;

/**
 * Parses a number in E.164. Uses `isPossible`, because `isValid` refuses Twilio's own test numbers. The pattern
 * excludes extensions.
 */
export function parsePhone(input: string): string | undefined {
  if (input.length > MAX_UNITS) return undefined;
  const number = input.replace(SEPARATORS, '');
  if (!E164.test(number)) return undefined;
  return parsePhoneNumberFromString(number)?.isPossible() ? number : undefined;
}

/** +41791234567 → +41*******67: recognisable, but not dialable. */
export const maskPhone = (number: string): string =>
  number.length < 8 ? '***' : `${number.slice(0, 3)}${'*'.repeat(number.length - 5)}${number.slice(-2)}`;

/** Masks anything that could be a phone number, in text from outsiders (API errors). */
export const maskPhonesIn = (text: string): string => text.replace(/\+?\d{7,15}/g, maskPhone);
