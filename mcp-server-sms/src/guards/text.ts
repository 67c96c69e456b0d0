import type { Config } from '../config.ts';
import { findSecret } from './secrets.ts';
import { findUrl } from './urls.ts';

/** Twilio's limit on Body, in UTF-16 units (error 21617). */
export const MAX_BODY_UNITS = 1600;

/**
 * Overrides, embeddings and isolates change the order of text. Right-to-left text does not need them. Marks (U+200E,
 * U+200F, U+061C) are kept: they only place punctuation.
 */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

// Control characters except line feed, line separators, and the byte order mark.
const UNSAFE = /(?!\n)[\p{Cc}\u2028\u2029\ufeff]/u;

export const stripReordering = (text: string): string => text.replace(REORDERING, '');

export type TextRules = Pick<Config, 'allowUrls' | 'allowSecrets' | 'credentials' | 'accountSid'>;

/** The reason why a text cannot be sent, or undefined. Nothing is cut. A reason never repeats a secret. */
export function bodyProblem(body: string, rules: TextRules): string | undefined {
  // First, because later checks may not be linear.
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
  // Secrets before links: a token with dots must not be repeated as a link.
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

/** For names in the template: a line feed could forge a line. */
export const lineProblem = (line: string): string | undefined =>
  line.includes('\n') ? 'it must be one line' : UNSAFE.test(line) ? 'it holds control characters' : undefined;
