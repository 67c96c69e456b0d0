import { expect, test } from 'vitest';
import { isPublicAddress } from '../../../../agent/sandbox/broker/address-guard.ts';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import {
  type DomainGrant,
  EgressPolicy,
  type HostGrant,
} from '../../../../agent/sandbox/broker/egress-policy.ts';
import { matchRules } from '../../../../agent/sandbox/broker/match-rules.ts';
import { HttpAccess } from '../../../../agent/sandbox/manifest/http-rules.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  'fe80::1',
  'fc00::1',
  'fd12::1',
  'ff02::1',
  '2001:db8::1',
  '2001::1',
  '2002:7f00:1::',
  '3fff::1',
  'fec0::1',
  '100::1',
  'not an address',
  '',
  '127.1',
  '0x7f000001',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['8.8.8.8', '54.172.60.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([
  [
    'one address that is not public among others',
    [
      { address: '8.8.8.8', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ],
    /127\.0\.0\.1, which is not a public address/,
  ],
  ['no address', [], /no address/],
])('does not dial a name with %s', async (_what, found, reason) => {
  await expect(new Dialer(async () => found).addressOf('api.example.com')).rejects.toThrow(reason);
});

test('resolves a name for every connection, and dials the address that it checked', async () => {
  const answers = [[{ address: '8.8.8.8', family: 4 }], [{ address: '10.0.0.1', family: 4 }]];
  const dialer = new Dialer(async () => answers.shift() ?? []);
  expect(await dialer.addressOf('api.example.com')).toEqual({ address: '8.8.8.8', family: 4 });
  await expect(dialer.addressOf('api.example.com')).rejects.toThrow(/not a public address/);
});

test('matches address and port of a connection exactly', () => {
  const policy = new EgressPolicy([
    { type: 'domain', domain: 'a.example', port: 443 },
    { type: 'domain', domain: 'a.example', port: 8443 },
    { type: 'domain', domain: 'b.example', port: 443 },
    { type: 'host', host: '2001:db8::1', port: 5432 },
    { type: 'env', name: 'X' },
  ]);
  expect([...policy.addresses]).toEqual([
    ['a.example', '127.77.0.1'],
    ['b.example', '127.77.0.2'],
  ]);
  expect(policy.ports).toEqual([53, 80, 443, 8443, 5432]);
  const decide = (address: string, port: number) => {
    const decision = policy.decide({ address, port });
    return decision.allow ? `allow ${decision.host}` : `deny ${decision.host}`;
  };
  expect(decide('127.77.0.1', 8443)).toBe('allow a.example');
  expect(decide('127.77.0.2', 443)).toBe('allow b.example');
  expect(decide('127.77.0.2', 8443)).toBe('deny b.example');
  expect(decide('127.77.0.3', 443)).toBe('deny 127.77.0.3');
  expect(decide('2001:0db8:0:0::1', 5432)).toBe('allow 2001:db8::1');
  expect(decide('2001:db8::1', 5433)).toBe('deny 2001:db8::1');
  expect(decide('2001:db8::2', 5432)).toBe('deny 2001:db8::2');
});

const read = HttpAccess.parse({ rules: [{ method: 'GET', path: '/' }] });
const domain = (name: string, port: number, http?: HttpAccess): DomainGrant => ({
  type: 'domain',
  domain: name,
  port,
  ...(http && { http }),
});
const [any443, any8443] = [domain('*.example.com', 443), domain('*.example.com', 8443)];
const [api443, api8443] = [domain('api.example.com', 443), domain('api.example.com', 8443)];
const apiRules = domain('api.example.com', 443, read);
const apiHost: HostGrant = { type: 'host', host: 'api.example.com', port: 443 };

test.each<[string, (DomainGrant | HostGrant)[], string, number, DomainGrant | HostGrant | undefined]>([
  ['by the wildcard, at a port that its own grant has not', [any443, api8443], 'api', 443, any443],
  ['by its own grant, at the other port', [any443, api8443], 'api', 8443, api8443],
  ['not at all, at a port that neither has', [any443, api8443], 'api', 80, undefined],
  ["not at another name's port", [any443, api8443], 'www', 8443, undefined],
  ['by the wildcard, as any other name', [any443, api8443], 'www', 443, any443],
  ['by the wildcard, beside a host at another port', [any8443, apiHost], 'api', 8443, any8443],
  ['by its own grant, where both have the port', [any443, api443], 'api', 443, api443],
  ['by the one with rules, though the wildcard has none', [any443, apiRules], 'api', 443, apiRules],
  ['by the one with rules, whichever stands first', [api443, apiRules], 'api', 443, apiRules],
  ['by the one with rules, though a host is any protocol', [apiHost, apiRules], 'api', 443, apiRules],
  ['as a host, before a wildcard that is TLS alone', [any443, apiHost], 'api', 443, apiHost],
  ['not below the one label of a wildcard', [any443], 'a.b', 443, undefined],
])('a name is granted %s', (_how, granted, label, port, expected) => {
  const name = `${label}.example.com`;
  for (const order of [granted, granted.toReversed()]) {
    const policy = new EgressPolicy(order);
    // In a ClientHello.
    expect(policy.grantFor(name, port)).toBe(expected);
    // In the pod, where a name is an address: its own, or the wildcard's.
    const address = policy.addresses.get(name) ?? policy.addresses.get('*.example.com');
    if (address === undefined || label.includes('.')) continue;
    const host = policy.addresses.has(name) ? name : '*.example.com';
    expect(policy.decide({ address, port })).toMatchObject({ allow: expected, host });
  }
});

const access = HttpAccess.parse({
  rules: [
    {
      method: 'POST',
      path: '/v1/{env:ID}/items.json',
      form: {
        Name: { maxLength: 5 },
        Kind: { equals: 'a', optional: true },
        N: { integer: { min: 1, max: 9 }, optional: true },
      },
    },
    { method: 'GET', path: '/v1/items/{any}.json', query: { Owner: { equalsEnv: 'OWNER' } } },
  ],
});
const env = { ID: 'me', OWNER: '+1' };

test.each<[string, string, string | undefined, string]>([
  ['POST', '/v1/me/items.json', 'Name=x', 'ok'],
  ['POST', '/v1/me/items.json', 'Name=x&Kind=a&N=9', 'ok'],
  ['POST', '/v1/me/items.json', 'Name=xxxxxx', 'form field Name has a value'],
  ['POST', '/v1/me/items.json', 'Name=x&Kind=b', 'form field Kind has a value'],
  ['POST', '/v1/me/items.json', 'Name=x&N=10', 'form field N has a value'],
  ['POST', '/v1/me/items.json', 'Name=x&N=0x5', 'form field N has a value'],
  ['POST', '/v1/me/items.json', 'Name=x&Name=y', 'form field Name stands there more than once'],
  ['POST', '/v1/me/items.json', 'Name=x&__proto__=y', 'form field __proto__ is not allowed'],
  ['POST', '/v1/me/items.json', 'Kind=a', 'form field Name is missing'],
  ['POST', '/v1/me/items.json', undefined, 'a form-encoded body is needed'],
  ['POST', '/v1/me/items.json?x=1', 'Name=x', 'query field x is not allowed'],
  ['POST', '/v1/you/items.json', 'Name=x', 'no rule for POST'],
  ['POST', '/v1/me/items.jsonx', 'Name=x', 'no rule for POST'],
  ['POST', '/v1/me/items.json/', 'Name=x', 'dot or empty segments'],
  ['POST', '//v1/me/items.json', 'Name=x', 'dot or empty segments'],
  ['POST', '/v1/me/./items.json', 'Name=x', 'dot or empty segments'],
  ['POST', '/v1/m%65/items.json', 'Name=x', 'holds escapes'],
  ['POST', '/v1\\me/items.json', 'Name=x', 'holds escapes'],
  ['GET', '/v1/items/a1.json?Owner=%2B1', undefined, 'ok'],
  ['GET', '/v1/items/a1.json?Owner=1', undefined, 'query field Owner has a value'],
  ['GET', '/v1/items/.json?Owner=%2B1', undefined, 'no rule for GET'],
  ['GET', '/v1/items/a.b.json?Owner=%2B1', undefined, 'no rule for GET'],
  ['GET', '/v1/items/a1.json?Owner=%2B1', 'Name=x', 'a body is not allowed'],
  ['GET', '/v1/items/a1.json?Owner=%2B1?', undefined, 'not a plain path'],
  ['DELETE', '/v1/items/a1.json?Owner=%2B1', undefined, 'no rule for DELETE'],
  ['GET', 'https://x/v1/items/a1.json', undefined, 'not a plain path'],
])('%s %s with %s: %s', (method, target, form, expected) => {
  const verdict = matchRules(
    access,
    { method, target, body: form === undefined ? undefined : { form: new URLSearchParams(form) } },
    env,
  );
  expect(verdict.ok ? 'ok' : verdict.reason).toContain(expected);
});

test('a rule matches nothing if its variable has no value', () => {
  const body = { form: new URLSearchParams('Name=x') };
  expect(matchRules(access, { method: 'POST', target: '/v1//items.json', body }, {}).ok).toBe(false);
  expect(
    matchRules(access, { method: 'GET', target: '/v1/items/a.json?Owner=', body: undefined }, { OWNER: '' })
      .ok,
  ).toBe(false);
});

test('a manifest cannot send a secret that it does not ask for', () => {
  const http = {
    rules: [{ method: 'GET' as const, path: '/' }],
    credential: { type: 'basic' as const, username: 'USER', password: 'OPENAI_API_KEY' },
  };
  const fields = {
    name: 'x',
    registry: 'npm' as const,
    packageName: 'x',
    permissions: ['mcp.ac.network.client' as const, 'mcp.ac.system.env.read' as const],
  };
  const domain = { type: 'domain' as const, domain: 'evil.example', port: 443, http };
  expect(
    () => new MCPManifest({ ...fields, runtimePermissions: [domain, { type: 'env', name: 'USER' }] }),
  ).toThrow(/use OPENAI_API_KEY, which it does not ask for/);
});
