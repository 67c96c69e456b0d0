/** Patterns that only secrets match. Sources: documents of the issuers, and public rules of secret scanners. */
export const SECRET_SHAPES: readonly [name: string, shape: RegExp][] = [
  ['a private key', /-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)/],
  // Anchored at a word and a dot, to avoid quadratic time.
  ['a JSON Web Token', /(?<![\w-])(?=[\w-]+\.[\w-]{8})[\w-]*eyJ[\w-]{8,}\.[\w-]{8,}/],
  ['an API key', /(?<![A-Za-z0-9])(?:sk|pk|rk)[-_](?:live|test|proj|ant|or|svcacct)[-_][\w-]{8,}/],
  ['an API key', /(?<![A-Za-z0-9])sk-(?=\w*\d)\w{16,}/],
  ['an API key', /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])/],
  [
    'an API key',
    /(?<![A-Za-z0-9])(?:gh[opsur]_|github_pat_|glpat-|npm_|hf_|dop_v1_|shp(?:at|ss|ca)_)\w{16,}/,
  ],
  [
    'an API key',
    /(?<![A-Za-z0-9])(?:xox[abeoprs]-[\w-]{8,}|AIza[\w-]{30,}|ya29\.[\w-]{16,}|SG\.[\w-]{16,}\.)/,
  ],
  ['a Twilio credential', /(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}/],
  ['a credential', /\b(?:bearer|basic) +(?=\S*\d)[\w+/=.~-]{16,}/i],
  [
    'a password',
    /\b(?:password|passwd|passwort|passphrase|api[ _-]?key|secret|token) *[:=] *(?=\S{0,256}\d)\S{6,}/i,
  ],
  ['a UUID', /(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])/i],
];

/** The kind of secret that a text seems to hold, or undefined. */
export function findSecret(text: string): string | undefined {
  const shape = SECRET_SHAPES.find(([, pattern]) => pattern.test(text))?.[0];
  if (shape !== undefined) return shape;
  for (const [digits] of text.matchAll(/(?<![\d+])[2-6](?:[ -]?\d){12,18}(?!\d)/g)) {
    if (passesLuhn(digits.replace(/\D/g, ''))) return 'a card number';
  }
  for (const [iban] of text.matchAll(/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])/g)) {
    if (holdsIban(iban.replaceAll(' ', ''))) return 'a bank account number';
  }
  for (const [token] of text.matchAll(/[A-Za-z0-9]{16,}/g)) {
    if (looksRandom(token)) return 'a key or a token';
  }
  return undefined;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  [...digits].reverse().forEach((digit, at) => {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

/** ISO 13616, tried at each length, because more text may follow. */
function holdsIban(candidate: string): boolean {
  for (let length = 15; length <= Math.min(34, candidate.length); length += 1) {
    const moved = candidate.slice(4, length) + candidate.slice(0, 4);
    const digits = moved.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
    if (BigInt(digits) % 97n === 1n) return true;
  }
  return false;
}

/**
 * Random strings change between upper case, lower case and digits at every other character. Words, CamelCase names,
 * numbers and dates do not.
 */
function looksRandom(token: string): boolean {
  const kind = (letter: string) => (/\d/.test(letter) ? 'digit' : letter < 'a' ? 'upper' : 'lower');
  let changes = 0;
  for (let at = 1; at < token.length; at += 1) {
    if (kind(token[at] as string) !== kind(token[at - 1] as string)) changes += 1;
  }
  const digits = token.replace(/\D/g, '').length;
  return changes >= token.length * (digits >= 2 && digits < token.length ? 0.28 : 0.45);
}
