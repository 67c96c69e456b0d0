import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Blotter } from '../../../../agent/sandbox/broker/blot.ts';
import { cut } from '../../../laboratory/fuzz/fuzz-property.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');
const escaped = (text: string, form: (byte: string) => string) =>
  hex(text).replace(/../g, (byte) => form(byte));

/** How an upstream may write what it was sent. */
const writings: [string, (user: string, password: string) => string][] = [
  ['the header', (u, p) => `Basic ${base64(`${u}:${p}`)}`],
  ['the header in lower case', (u, p) => `basic ${base64(`${u}:${p}`)}`.toLowerCase()],
  ['the header in a URL', (u, p) => encodeURIComponent(`Basic ${base64(`${u}:${p}`)}`)],
  ['the token in base64url', (u, p) => Buffer.from(`${u}:${p}`).toString('base64url')],
  ['the password', (_, p) => p],
  ['user and password', (u, p) => `${u}:${p}`],
  ['the password in a URL', (_, p) => encodeURIComponent(p)],
  ['the password in a form', (_, p) => new URLSearchParams({ p }).toString().slice(2)],
  ['the password in escapes', (_, p) => escaped(p, (byte) => `%${byte.toUpperCase()}`)],
  ['the password in JSON', (_, p) => JSON.stringify(p).slice(1, -1)],
  [
    'the password in JSON, all escaped',
    (_, p) => p.replace(/[\s\S]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ],
  ['the password in JSON, slashes escaped', (_, p) => JSON.stringify(p).slice(1, -1).replaceAll('/', '\\/')],
  [
    'the password in HTML',
    (_, p) => p.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  ],
  ['the password in hex', (_, p) => hex(p)],
  ['the password in HEX', (_, p) => hex(p).toUpperCase()],
  ['the password as MIME quotes it', (_, p) => escaped(p, (byte) => `=${byte.toUpperCase()}`)],
  ['the password in UTF-16', (_, p) => [...p].join('\0')],
  ['the password in UPPER CASE', (_, p) => p.toUpperCase()],
];

async function through(blotter: Blotter, bytes: Buffer, cuts: readonly number[]): Promise<Buffer> {
  return buffer(Readable.from(cut(bytes, cuts), { objectMode: false }).pipe(blotter.stream()));
}

const user = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const password = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 6, maxLength: 32 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('a', '%', '2', '5', '\\', '&', '=', '+', '/'),
    minLength: 6,
    maxLength: 20,
  }),
);
const around = fc.string({ unit: fc.constantFrom('x', '%', '\\', '"', '=', ' ', '1', 'a'), maxLength: 20 });
const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 });

test.each(writings)('%s is removed, however the answer is cut', async (_what, write) => {
  await fc.assert(
    fc.asyncProperty(user, password, around, around, cuts, async (u, p, before, after, at) => {
      const secret = write(u, p);
      const answer = Buffer.from(before + secret + after);
      const out = await through(new Blotter(p, u), answer, at);
      expect(out.length).toBe(answer.length);
      const start = Buffer.byteLength(before);
      const place = out.subarray(start, start + Buffer.byteLength(secret)).toString();
      // `Basic ` and the padding are no secret.
      expect(place).toMatch(/^(basic(?: |%20))?\*+(=|%3d)*$/i);
      expect(out.toString('latin1').toLowerCase()).not.toContain(secret.toLowerCase());
    }),
    { numRuns: 25 },
  );
});

test('removes a password inside longer base64, at any offset', () => {
  const blotter = new Blotter('correct horse', 'user');
  for (const before of ['', 'a', 'ab', 'abc', 'abcd']) {
    const out = Buffer.from(blotter.text(base64(`${before}correct horse battery`)), 'base64').toString(
      'latin1',
    );
    expect(out).not.toContain('rect hor');
  }
});

test('passes an answer without the credential unchanged and at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), cuts, async (bytes, at) => {
      const blotter = new Blotter('\u2603'.repeat(9), 'user');
      expect(await through(blotter, Buffer.from(bytes), at)).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 60 },
  );
  const stream = new Blotter('secret', 'user').stream();
  stream.write('data: an event\n\n');
  expect(String(stream.read())).toBe('data: an event\n\n');
});

test('removes a short password together with its user, and not from other words', () => {
  const blotter = new Blotter('an', 'user');
  expect(blotter.text('an answer, user:an')).toBe('an answer, *******');
  expect(blotter.text(base64('user:an'))).toBe('**********==');
});

test('removes nothing without a password', () => {
  expect(new Blotter('', 'user').text('user: dXNlcjo=')).toBe('user: dXNlcjo=');
});

test('takes ten times as long for ten times the answer, also if it consists of partial matches', () => {
  const blotter = new Blotter(`${'a'.repeat(39)}b`, 'user');
  const cost = (size: number) => {
    const text = 'a'.repeat(size);
    const before = process.cpuUsage();
    blotter.text(text);
    return process.cpuUsage(before).user;
  };
  cost(20_000);
  expect(cost(100_000)).toBeLessThan(cost(10_000) * 30 + 200_000);
});
