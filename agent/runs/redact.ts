import { SECRET_SHAPES } from 'mcp-server-sms/agreement';
import type { Environment } from '../settings/environment.ts';

/** Shorter values appear in many texts by chance. */
const MIN_SECRET = 8;
const BLOT = '[secret]';

export const secretsIn = (environment: Environment): string[] =>
  Object.entries(environment).flatMap(([name, value]) =>
    /KEY|TOKEN|SECRET|PASSWORD|PASSWD/i.test(name) && value && value.trim().length >= MIN_SECRET
      ? [value.trim()]
      : [],
  );

/** A whole PEM key, not only its first line. */
const PEM = /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g;
const SHAPES = SECRET_SHAPES.map(([, shape]) => new RegExp(`${shape.source}[\\w.~+/=-]*`, `${shape.flags}g`));

/** International phone numbers, with separators. The last four digits are kept. */
const PHONE = /(?:\+|%2B|(?<!\w)00)\d(?:[ ()-]{0,2}\d){6,14}\d*/gi;

/** Masks phone numbers and removes secrets: values of the environment, and anything that looks like a secret. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // Longest first, because one secret may be part of another.
  const known = secrets.toSorted((a, b) => b.length - a.length);
  return (text) => {
    let safe = text;
    for (const secret of known) safe = safe.replaceAll(secret, BLOT);
    safe = safe.replace(PEM, BLOT);
    for (const shape of SHAPES) safe = safe.replace(shape, BLOT);
    return safe.replace(PHONE, (number) => `+…${number.replace(/\D/g, '').slice(-4)}`);
  };
}
