import { secretBlotter } from '@spendwise/sandbox/foundation';
import { SECRET_SHAPES } from 'mcp-server-sms/agreement';
import type { Environment } from '../settings/environment.ts';

const BLOT = '[secret]';

/** A whole PEM key, not only its first line. */
const PEM = /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g;
const SHAPES = SECRET_SHAPES.map(([, shape]) => new RegExp(`${shape.source}[\\w.~+/=-]*`, `${shape.flags}g`));

/** International phone numbers, with separators. The last four digits are kept. */
const PHONE = /(?:\+|%2B|(?<!\w)00)\d(?:[ ()-]{0,2}\d){6,14}\d*/gi;

/**
 * Masks phone numbers and removes secrets: values of the environment, and anything that looks like a secret. Numbers of the
 * environment are found without a plus and with any separators, too.
 */
export function redactor(environment: Environment = {}): (text: string) => string {
  const blotted = secretBlotter(environment);
  const numbers = Object.values(environment).flatMap(
    (value = '') => value.match(/\+[1-9]\d{6,14}(?!\d)/g) ?? [],
  );
  const known = [...new Set(numbers)].map((number) => {
    const digits = [...number.slice(1)].join('[^\\p{L}\\p{N}]{0,3}');
    return new RegExp(`(?<!\\d)(?:\\+|%2B)?${digits}(?!\\d)`, 'giu');
  });
  return (text) => {
    let safe = blotted(text).replace(PEM, BLOT);
    for (const shape of SHAPES) safe = safe.replace(shape, BLOT);
    for (const number of [...known, PHONE]) safe = safe.replace(number, masked);
    return safe;
  };
}

const masked = (number: string): string => `+…${number.replace(/\D/g, '').slice(-4)}`;
