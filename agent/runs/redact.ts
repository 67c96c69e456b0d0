import { SECRET_SHAPES } from 'mcp-server-sms/agreement';
import type { Environment } from '../settings/environment.ts';

/** Shorter values stand in too many texts by chance. */
const MIN_SECRET = 8;
const BLOT = '[secret]';

/** Values of variables whose names say that they are secret. */
export const secretsIn = (environment: Environment): string[] =>
  Object.entries(environment).flatMap(([name, value]) =>
    /KEY|TOKEN|SECRET|PASSWORD|PASSWD/i.test(name) && value && value.trim().length >= MIN_SECRET
      ? [value.trim()]
      : [],
  );

/** All of a key in PEM, not its first line alone. */
const PEM = /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g;
const SHAPES = SECRET_SHAPES.map(([, shape]) => new RegExp(`${shape.source}[\\w.~+/=-]*`, `${shape.flags}g`));

/** International numbers, with what people type between digits: the last four stay. */
const PHONE = /(?:\+|%2B|(?<!\w)00)\d(?:[ ()-]{0,2}\d){6,14}\d*/gi;

/** Text as it may be written down: numbers masked, secrets blotted out, those of the environment and what looks like one. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // Longest first: one may be part of another.
  const known = secrets.toSorted((a, b) => b.length - a.length);
  return (text) => {
    let safe = text;
    for (const secret of known) safe = safe.replaceAll(secret, BLOT);
    safe = safe.replace(PEM, BLOT);
    for (const shape of SHAPES) safe = safe.replace(shape, BLOT);
    return safe.replace(PHONE, (number) => `+…${number.replace(/\D/g, '').slice(-4)}`);
  };
}
