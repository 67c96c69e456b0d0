import type { Config } from '../config.ts';
import { findSecret } from './secrets.ts';
import { findUrl } from './urls.ts';

/** Twilio's limit on Body, in UTF-16 units (error 21617). */
export const MAX_BODY_UNITS = 1600;

/**
 * Overrides, embeddings and isolates make text read in another order than it is in. Right-to-left letters need none
 * of them; the marks (U+200E, U+200F, U+061C) only say which way a comma belongs, and stay.
 */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

// Control characters but line feed; line separators; a byte order mark.
const UNSAFE = /(?!\n)[\p{Cc}\u2028\u2029\ufeff]/u;

export const stripReordering = (text: string): string => text.replace(REORDERING, '');

export type TextRules = Pick<Config, 'allowUrls' | 'allowSecrets' | 'credentials' | 'accountSid'>;

/** Why a body cannot be sent as it is, or undefined. Nothing is cut. A reason never repeats a secret. */
export function bodyProblem(body: string, rules: TextRules): string | undefined {
  // First: what looks at a text afterwards need not be linear.
  if (body.length > MAX_BODY_UNITS) {
    return `the text has ${body.length} characters; the limit is ${MAX_BODY_UNITS}`;
  }
  if (body.trim() === '') return 'the text is empty';
  if (!body.isWellFormed()) return 'the text holds half of a surrogate pair';
  if (UNSAFE.test(body)) return 'the text holds control characters';
  const { username, password } = rules.credentials;
  if ([password, username, rules.accountSid].some((own) => own.length >= 6 && body.includes(own))) {
    return "the text holds this server's own credentials";
  }
  // Secrets first: a token with dots in it must not be repeated as a web address.
  const secret = rules.allowSecrets ? undefined : findSecret(body);
  if (secret !== undefined) {
    return `the text seems to hold ${secret}; texts must not carry secrets (SMS_ALLOW_SECRETS=1 allows it)`;
  }
  const url = rules.allowUrls ? undefined : findUrl(body);
  if (url !== undefined) {
    return `the text holds a web address (${url.slice(0, 40)}); leave it out, or put a space after a full stop`;
  }
  return undefined;
}

/** For a name inside the template: a line feed could forge a second line. */
export const lineProblem = (line: string): string | undefined =>
  line.includes('\n') ? 'it must be one line' : UNSAFE.test(line) ? 'it holds control characters' : undefined;
