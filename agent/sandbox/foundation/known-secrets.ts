import type { Environment } from './environment.ts';

/** Shorter values appear in many texts by chance. */
const MIN_SECRET = 8;
const BLOT = '[secret]';

/**
 * Takes secrets out of texts: the values of variables that are named like secrets. Finds them as they are, as JSON and URLs
 * write them, in base64 (also within HTTP Basic), and in hex. Case does not count: it is lost in a host name. Masks the
 * phone numbers of variables, also without a plus and with any separators.
 */
export function secretBlotter(environment: Environment): (text: string) => string {
  const forms = Object.entries(environment).flatMap(([name, value]) =>
    /KEY|TOKEN|SECRET|PASSWORD|PASSWD/i.test(name) && value && value.trim().length >= MIN_SECRET
      ? formsOf(value.trim())
      : [],
  );
  // Longest first, because one secret may be part of another.
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const secrets = longestFirst.map((form) => form.replace(/[^\w\s]/g, '\\$&'));
  const numbers = Object.values(environment).flatMap(
    (value = '') => value.match(/(?<!\w)\+[1-9]\d{6,14}(?!\d)/g)?.map(anyhow) ?? [],
  );
  const known = [
    { forms: secrets, flags: 'gi', blotted: () => BLOT },
    { forms: numbers, flags: 'giu', blotted: maskedNumber },
  ].flatMap(({ forms, flags, blotted }) =>
    forms.length > 0 ? [{ form: new RegExp(forms.join('|'), flags), blotted }] : [],
  );
  return (text) => known.reduce((safe, { form, blotted }) => safe.replace(form, blotted), text);
}

/** The last four digits are kept. */
export const maskedNumber = (number: string): string => `+…${number.replace(/\D/g, '').slice(-4)}`;

const anyhow = (number: string): string =>
  `(?<!\\d)(?:\\+|%2B)?${[...number.slice(1)].join('[^\\p{L}\\p{N}]{0,3}')}(?!\\d)`;

const formsOf = (secret: string): string[] => [
  secret,
  asJson(secret),
  // The arguments of a call are JSON in JSON.
  asJson(asJson(secret)),
  encodeURIComponent(secret),
  new URLSearchParams([['', secret]]).toString().slice(1),
  Buffer.from(secret).toString('hex'),
  ...[0, 1, 2].flatMap((offset) => {
    const inside = insideBase64(secret, offset);
    return [inside, inside.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(inside)];
  }),
];

const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The base64 characters that a text always produces when it is part of a longer one, at this offset (mod 3). */
export function insideBase64(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const begin = offset === 0 ? 0 : offset + 1;
  return bytes.toString('base64').slice(begin, Math.floor((bytes.length * 8) / 6));
}
