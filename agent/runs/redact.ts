import { maskedNumber, secretBlotter } from '@spendwise/sandbox/foundation';
import { SECRET_SHAPES } from 'mcp-server-sms/agreement';
import type { Environment } from '../settings/environment.ts';

const BLOT = '[secret]';

/** A whole PEM key, not only its first line. */
const PEM = /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g;
const SHAPES = SECRET_SHAPES.map(([, shape]) => new RegExp(`${shape.source}[\\w.~+/=-]*`, `${shape.flags}g`));

/** International phone numbers, with separators. The last four digits are kept. */
const PHONE = /(?:\+|%2B|(?<!\w)00)\d(?:[ ()-]{0,2}\d){6,14}\d*/gi;

/** Masks phone numbers and removes secrets: of the environment, and whatever looks like one. */
export function redactor(environment: Environment = {}): (text: string) => string {
  const blotted = secretBlotter(environment);
  return (text) => {
    let safe = blotted(text).replace(PEM, BLOT);
    for (const shape of SHAPES) safe = safe.replace(shape, BLOT);
    return safe.replace(PHONE, maskedNumber);
  };
}
