import { SegmentedMessage } from 'sms-segments-calculator';

/** Twilio's limit on Body, in UTF-16 units (error 21617). */
export const MAX_BODY_UNITS = 1600;

// Control characters but line feed, and what makes text read as another: bidirectional controls, line separators.
const UNSAFE = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/u;

/** Why a body cannot be sent as it is, or undefined. Nothing is cut or replaced silently. */
export function bodyProblem(body: string): string | undefined {
  if (body.trim() === '') return 'the text is empty';
  if (!body.isWellFormed()) return 'the text holds half of a surrogate pair';
  if (UNSAFE.test(body)) return 'the text holds control or bidirectional formatting characters';
  if (body.length > MAX_BODY_UNITS) {
    return `the text has ${body.length} characters; the limit is ${MAX_BODY_UNITS}`;
  }
  return undefined;
}

/** One line, for a name inside the template: no line feed either, which could forge a second line. */
export const lineProblem = (line: string): string | undefined =>
  line.includes('\n') ? 'it must be one line' : bodyProblem(line);

/** How the text travels: GSM-7 or UCS-2, and in how many billed parts. */
export function measure(body: string): { segments: number; encoding: 'GSM-7' | 'UCS-2' } {
  if (body === '') return { segments: 0, encoding: 'GSM-7' };
  const message = new SegmentedMessage(body);
  return { segments: message.segmentsCount, encoding: message.encodingName === 'GSM-7' ? 'GSM-7' : 'UCS-2' };
}
