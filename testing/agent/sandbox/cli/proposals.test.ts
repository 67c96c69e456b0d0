import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../../agent/sandbox/audit/line.ts';
import { addToManifest } from '../../../../agent/sandbox/cli/propose/add-to-manifest.ts';
import { DenialCounter } from '../../../../agent/sandbox/cli/propose/denials.ts';
import { describeReport } from '../../../../agent/sandbox/cli/propose/describe.ts';
import { proposalsFor } from '../../../../agent/sandbox/cli/propose/proposals.ts';
import type { HttpRule } from '../../../../agent/sandbox/manifest/http-rules.ts';
import { type ManifestFields, MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import {
  ADDRESS_NOT_GRANTED,
  NAME_NOT_GRANTED,
  portNotGranted,
} from '../../../../agent/sandbox/plan/egress.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../../support/hostile-text.ts';

const SOURCE = '/here/notes.json';
const server = 'notes';
const start = (source = SOURCE): AuditEvent => ({
  event: 'start',
  server,
  runtime: 'docker',
  isolated: true,
  manifest: 'digest',
  source,
});
const stop: AuditEvent = { event: 'stop', server, how: 'exit code 0' };
const call = (tool: string): AuditEvent => ({ event: 'tool_call', server, tool });
const denied = (host: string, port: number, reason: string, request?: HttpRule): AuditEvent => ({
  ...({ event: 'egress', server, host, port, verdict: 'denied', reason } as const),
  ...(request && { request }),
});
const name = (host: string) => denied(host, 53, NAME_NOT_GRANTED);
const address = (host: string, port = 443) => denied(host, port, ADDRESS_NOT_GRANTED);

const manifestOf = (more: Partial<ManifestFields> = {}) =>
  new MCPManifest({
    name: server,
    registry: 'npm',
    packageName: 'notes',
    permissions: ['mcp.ac.network.client', 'mcp.ac.system.env.read'],
    ...more,
  });

/** Proposals from logs, an event an hour. */
function from(logs: AuditEvent[][], { manifest = manifestOf(), since = '' } = {}) {
  const counter = new DenialCounter(server, SOURCE, since);
  let hour = 0;
  for (const log of logs) {
    for (const event of log) {
      const time = new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
      hour += 1;
      counter.add({ time, ...event });
    }
    counter.endLog();
  }
  const found = proposalsFor(counter.denials, manifest);
  return { ...found, runs: counter.runs, further: counter.further, server, since: undefined };
}
const permissions = (logs: AuditEvent[][]) =>
  from(logs).proposals.map((one) => (one.kind === 'permission' ? one.permission : one.rule));
const why = (...events: AuditEvent[]) => from([[start(), ...events]]).hopeless.map((one) => one.why);

test('proposes a domain for a name and a host for an address, with counts and calls', () => {
  const { proposals, runs } = from([
    [
      name('api.example.com'),
      start(),
      call('send_sms'),
      name('api.example.com'),
      address('93.184.215.14', 5432),
      stop,
    ],
    [start(), call('list'), name('API.example.com.'), stop],
  ]);
  expect(runs).toBe(2);
  expect(proposals).toMatchObject([
    {
      permission: { type: 'domain', domain: 'api.example.com', port: 443 },
      times: 3,
      during: new Set([undefined, 'send_sms', 'list']),
      asked: false,
    },
    {
      permission: { type: 'host', host: '93.184.215.14', port: 5432 },
      times: 1,
      during: new Set(['send_sms']),
    },
  ]);
});

test('proposes another port of a granted name for that port, and as a host without TLS', () => {
  const events = [8443, 80].map((port) => denied('api.example.com', port, portNotGranted(port)));
  expect(permissions([[start(), ...events]])).toEqual([
    { type: 'domain', domain: 'api.example.com', port: 8443 },
    { type: 'host', host: 'api.example.com', port: 80 },
  ]);
});

test.each([
  ['10.0.0.5', /private address/],
  ['192.168.1.1', /private address/],
  ['fd12::1', /private address/],
  ['127.0.0.1', /this machine itself/],
  ['::ffff:127.0.0.1', /this machine itself/],
])('proposes %s with a warning', (host, warning) => {
  expect(from([[start(), address(host)]]).proposals).toMatchObject([
    { warning: expect.stringMatching(warning) },
  ]);
});

test.each([
  ['the metadata service', address('169.254.169.254', 80), /credentials/],
  ['the same, as IPv6', address('::ffff:169.254.169.254', 80), /credentials/],
  ['the same, translated', address('64:ff9b::a9fe:a9fe', 80), /credentials/],
  ['the same, by IPv6', address('fd00:ec2::254', 80), /credentials/],
  ['the same, by name', name('metadata.google.internal'), /credentials/],
  ['no machine', address('0.0.0.0'), /not the address of one machine/],
  ['a group of machines', address('ff02::1'), /not the address of one machine/],
  ['a suffix', name('github.io'), /anybody can register a name/],
  ['no host name', name('a..b'), /not a host name/],
  ['a label', name('intranet'), /not a host name/],
  ['an address as a name', name('10.0.0.1'), /not a host name/],
  ['a port of a wildcard', denied('*.example.com', 22, portNotGranted(22)), /by hand/],
  ['CONNECT', denied('api.example.com', 443, 'CONNECT'), /^CONNECT$/],
  ['an upgrade', denied('api.example.com', 443, 'an upgrade'), /^an upgrade$/],
])('lists %s with the reason, and does not propose it', (_what, event, reason) => {
  expect(permissions([[start(), event]])).toEqual([]);
  expect(why(event)).toEqual([expect.stringMatching(reason)]);
});

test('an invented name cannot become a wildcard, a second line, or a terminal command', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText, fc.constantFrom('*', '*.example.com')), (text) => {
      const report = from([[start(), name(text), call(text), address(text), denied(text, 22, text)]]);
      for (const proposal of report.proposals) expect(JSON.stringify(proposal)).not.toContain('*');
      for (const line of describeReport(report, 'm.json', 'sandbox'))
        expect(line).not.toMatch(new RegExp(`\n|${OBEYED_OR_HIDDEN.source}`, 'u'));
    }),
  );
});

const rule = (length: number): HttpRule => ({
  method: 'POST',
  path: '/v1',
  form: { text: { maxLength: length } },
});

test('proposes rules for refused requests, one for those that differ only in lengths', () => {
  const refused = (length: number) => denied('api.example.com', 443, 'no rule', rule(length));
  const http = { rules: [{ method: 'GET', path: '/v1' }] };
  const manifest = manifestOf({
    runtimePermissions: [{ type: 'domain', domain: 'api.example.com', port: 443, http }],
  });
  const { proposals } = from([[start(), refused(3), call('send'), refused(9)]], { manifest });
  expect(proposals).toMatchObject([
    { kind: 'rule', domain: 'api.example.com', port: 443, rule: rule(9), times: 2, asked: false },
  ]);
});

test('does not count a refused tool call, and says what the manifest already asks for', () => {
  const manifest = manifestOf({
    runtimePermissions: [{ type: 'domain', domain: '*.example.com', port: 443 }],
  });
  const left: AuditEvent = { ...call('left_out'), denied: 'this tool was left out' } as AuditEvent;
  expect(from([[start(), left, name('a.example.com')]], { manifest }).proposals).toMatchObject([
    { asked: true, during: new Set([undefined]) },
  ]);
});

test('ignores runs before the last grant, and servers of the same name from other manifests', () => {
  const logs = [
    [start(), name('before.example'), stop],
    [name('other.example'), start('/there/notes.json'), name('other.example'), stop],
    [start(), { ...name('third.example'), server: 'third' } as AuditEvent, stop],
    [start(), name('ours.example'), stop],
  ];
  const { proposals, runs } = from(logs, { since: new Date(Date.UTC(2026, 0, 1, 3)).toISOString() });
  expect(proposals).toMatchObject([{ permission: { domain: 'ours.example' } }]);
  expect(runs).toBe(2);
});

test('counts 100,000 denials of different names quickly, without flooding the screen', () => {
  const events = Array.from({ length: 100_000 }, (_, n) => name(`n${n}.example.com`));
  const report = from([[start(), ...events]]);
  expect(report.proposals).toHaveLength(1_000);
  expect(report.further).toBe(99_000);
  expect(describeReport(report, 'm.json', 'sandbox').length).toBeLessThan(60);
});

const written = (text: string) => {
  const path = join(temporaryFolder(), 'm.json');
  writeFileSync(path, text, { mode: 0o640 });
  return path;
};
const HEAD = '"name": "x", "registry": "npm", "packageName": "x", "packageVersion": "1.0.0"';
const DOMAIN = {
  kind: 'permission',
  permission: { type: 'domain', domain: 'a.example', port: 443 },
} as const;

test('adds permissions in the style of the file, and keeps its mode', () => {
  const path = written(
    `{ ${HEAD},
    "permissions": [],
    "runtimePermissions": [
        { "type": "domain", "domain": "b.example", "port": 443, "http": { "rules": [{ "method": "GET", "path": "/" }] } }
    ] }\n`.replace('"permissions": []', '"permissions": ["mcp.ac.network.client"]'),
  );
  const more = {
    kind: 'rule',
    domain: 'b.example',
    port: 443,
    rule: { method: 'GET', path: '/v1' },
  } as const;
  addToManifest(path, [DOMAIN, more]);
  expect(readFileSync(path, 'utf8')).toBe(`{ ${HEAD},
    "permissions": ["mcp.ac.network.client"],
    "runtimePermissions": [
        { "type": "domain", "domain": "b.example", "port": 443, "http": { "rules": [{ "method": "GET", "path": "/" }, { "method": "GET", "path": "/v1" }] } },
        { "type": "domain", "domain": "a.example", "port": 443 }
    ] }\n`);
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test('adds the needed kinds of permission to a manifest without permissions', () => {
  const path = written(`{\n\t${HEAD},\n\t"permissions": []\n}\n`);
  addToManifest(path, [DOMAIN]);
  expect(readFileSync(path, 'utf8')).toBe(
    `{\n\t${HEAD},\n\t"permissions": ["mcp.ac.network.client"],\n\t"runtimePermissions": [\n\t\t{ "type": "domain", "domain": "a.example", "port": 443 }\n\t]\n}\n`,
  );
});

test.each([
  [
    'a manifest with a key twice',
    `{ ${HEAD}, "permissions": ["mcp.ac.network.client"], "runtimePermissions": [], "runtimePermissions": [] }`,
  ],
  ['a manifest that is broken in another place', `{ ${HEAD}, "permissions": [], "other": 1 }`],
  [
    'a manifest that asks for it as a host',
    `{ ${HEAD}, "permissions": ["mcp.ac.network.client"], "runtimePermissions": [{ "type": "host", "host": "a.example", "port": 443 }] }`,
  ],
])('does not change %s', (_what, text) => {
  const path = written(text);
  expect(() => addToManifest(path, [DOMAIN])).toThrow();
  expect(readFileSync(path, 'utf8')).toBe(text);
});
