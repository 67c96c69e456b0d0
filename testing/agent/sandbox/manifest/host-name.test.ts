import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotConfigured } from '../../../../agent/sandbox/foundation/errors.ts';
import { nameMatches, wireName, writtenName } from '../../../../agent/sandbox/manifest/host-name.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { Permission, type RuntimePermission } from '../../../../agent/sandbox/manifest/permissions.ts';
import { cases } from '../../../support/in-full.ts';

test.each([
  ['api.twilio.com', 'api.twilio.com'],
  ['API.Twilio.COM', 'api.twilio.com'],
  ['api.twilio.com.', 'api.twilio.com'],
  ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
])('on the wire "%s" is %s', (name, canonical) => expect(wireName(name)).toBe(canonical));

test.each([
  'api.twilio.com..',
  '.api.twilio.com',
  'api..twilio.com',
  'api.twilio.com\0.evil.example',
  'api.twilio.com evil.example',
  '*.twilio.com',
  'münchen.example',
  'ａｐｉ.twilio.com',
  'api。twilio.com',
  'api.twi\u00adlio.com',
  '10.0.0.1',
  '0x7f.1',
  'localhost',
  '-a.example',
  'a_b.example',
  '[::1]',
  'api.twilio.com:443',
  '',
])('on the wire "%s" is not a name, and is not turned into one', (name) =>
  expect(wireName(name)).toBeUndefined(),
);

test.each([
  ['API.Twilio.com.', 'api.twilio.com'],
  ['MÜNCHEN.example', 'xn--mnchen-3ya.example'],
  ['faß.example', 'xn--fa-hia.example'],
  ['*.Example.com', '*.example.com'],
])('in a manifest "%s" is %s', (name, canonical) => expect(writtenName(name)).toBe(canonical));

test.each([
  '127.0.0.1',
  '0x7f.1',
  '2130706433',
  'a b.example',
  'a/b.example',
  'a%2eb.example',
  '*',
  '*.',
  '*.*.example.com',
  'a.*.example.com',
  'api.twi\u00adlio.com',
  'user@a.example',
])('in a manifest "%s" is not a name', (name) => expect(writtenName(name)).toBeUndefined());

test('a wildcard stands for exactly one label, and not for the end of another name', () => {
  expect(nameMatches('*.example.com', 'a.example.com')).toBe(true);
  for (const name of ['example.com', 'a.b.example.com', 'aexample.com', 'a.example.com.evil.example'])
    expect(nameMatches('*.example.com', name)).toBe(false);
});

const manifest = (wanted: unknown) =>
  new MCPManifest({
    name: 'x',
    registry: 'npm',
    packageName: 'x',
    permissions: [Permission.MCP_AC_NETWORK_CLIENT],
    runtimePermissions: [wanted as RuntimePermission],
  });

test('brings names and addresses into one form when it reads a manifest', () => {
  const of = (wanted: unknown) => manifest(wanted).runtimePermissions[0];
  expect(of({ type: 'domain', domain: 'API.Example.com.', port: 443 })).toMatchObject({
    domain: 'api.example.com',
  });
  expect(of({ type: 'host', host: '2001:DB8:0:0::7', port: 22 })).toMatchObject({ host: '2001:db8::7' });
  expect(of({ type: 'host', host: 'DB.example.com', port: 5432 })).toMatchObject({ host: 'db.example.com' });
});

test.each([
  [
    'everybody under a public suffix',
    { type: 'domain', domain: '*.co.uk', port: 443 },
    /names of many owners/,
  ],
  ["everybody's pages", { type: 'domain', domain: '*.github.io', port: 443 }, /names of many owners/],
  ['all there is', { type: 'domain', domain: '*.com', port: 443 }, /must be a host name/],
  ['an address with a scope', { type: 'host', host: 'fe80::1%lo', port: 22 }, /\.host: .*a scope \(%lo\)/],
  ['a mapped address with one', { type: 'host', host: '::ffff:1.2.3.4%x', port: 22 }, /a scope \(%x\)/],
  ['a wildcard host', { type: 'host', host: '*.example.com', port: 22 }, /IP address or a host name/],
  [
    'rules for many hosts',
    { type: 'domain', domain: '*.example.com', port: 443, http: { rules: [{ method: 'GET', path: '/' }] } },
    /must name one host/,
  ],
])('a manifest cannot ask for %s', (_what, wanted, error) => expect(() => manifest(wanted)).toThrow(error));

/** Near names and addresses, so that more than a few are taken. */
const near = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'fe80::1',
        '::ffff:1.2.3.4',
        '1.2.3.4',
        '::',
        '%',
        '%lo',
        '%25',
        ':',
        '.',
        '[',
        ']',
        '*.',
      ),
      fc.constantFrom(
        'api',
        'example',
        'com',
        'co.uk',
        'xn--',
        '0x7f',
        '1',
        'ü',
        '\u00ad',
        '\0',
        ' ',
        '/',
        '@',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

test.each(['host', 'domain'])(
  'any text as %s becomes one canonical name or address, or an error that names the field',
  (type) => {
    fc.assert(
      fc.property(fc.oneof(near, fc.ipV6(), fc.ipV4(), fc.string({ unit: 'binary' })), (text) => {
        try {
          const { [type]: read } = manifest({ type, [type]: text, port: 1 })
            .runtimePermissions[0] as unknown as {
            [field: string]: string;
          };
          // Read once more, it is the same.
          expect(manifest({ type, [type]: read, port: 1 }).runtimePermissions[0]).toMatchObject({
            [type]: read,
          });
        } catch (error) {
          if (!(error instanceof NotConfigured)) throw error;
          expect(error.message).toContain(`runtimePermissions.0.${type}: `);
        }
      }),
      { numRuns: cases(3_000) },
    );
  },
);
