import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  DevMCPManifest,
  loadManifest,
  type ManifestFields,
  MCPManifest,
} from '../../../agent/sandbox/manifest.ts';
import {
  DomainPort,
  describePermission,
  EnvironmentVariable,
  FSAccess,
  HostPort,
  Permission,
  type RuntimePermission,
} from '../../../agent/sandbox/permissions.ts';
import { SMS_MANIFEST } from '../../../agent/servers.ts';
import { temporaryFolder } from '../../support/folder.ts';

const fields: ManifestFields = {
  name: 'x',
  registry: 'npm',
  packageName: 'x',
  packageVersion: '1.0.0',
  permissions: [],
};

test.each<[RuntimePermission, Permission[], string]>([
  [
    new DomainPort('api.twilio.com', 443),
    [Permission.MCP_AC_NETWORK_CLIENT],
    'Allow access to domain: api.twilio.com:443',
  ],
  [new HostPort('::1', 80), [Permission.MCP_AC_NETWORK_CLIENT], 'Allow access to host: [::1]:80'],
  [new EnvironmentVariable('TOKEN'), [Permission.MCP_AC_SYSTEM_ENV_READ], 'Allow access to env var: TOKEN'],
  [
    new FSAccess('/data', { read: true, write: false }),
    [Permission.MCP_AC_FILESYSTEM_READ],
    'Allow access to file system path: /data (read: true, write: false)',
  ],
  [
    new FSAccess('/data', { read: true, write: true }),
    [Permission.MCP_AC_FILESYSTEM_READ, Permission.MCP_AC_FILESYSTEM_WRITE],
    'Allow access to file system path: /data (read: true, write: true)',
  ],
])('%o needs %o', (wanted, needed, question) => {
  expect(describePermission(wanted)).toBe(question);
  const make = (permissions: Permission[]) =>
    new MCPManifest({ ...fields, permissions, runtimePermissions: [wanted] });
  expect(make(needed).runtimePermissions).toEqual([wanted]);
  for (const left of needed) {
    expect(() => make(needed.filter((permission) => permission !== left))).toThrow(/is not covered/);
  }
});

test('paths are relative to the manifest file', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'm.json');
  writeFileSync(
    path,
    JSON.stringify({
      ...fields,
      permissions: ['mcp.ac.filesystem.read'],
      codeMount: 'code',
      execCommand: ['node', 'server.js'],
      runtimePermissions: [{ type: 'fs', path: 'data', read: true, write: false }],
    }),
  );
  const manifest = loadManifest(path) as DevMCPManifest;
  expect(manifest).toBeInstanceOf(DevMCPManifest);
  expect(manifest.codeMount).toBe(join(folder, 'code'));
  expect(manifest.runtimePermissions[0]).toMatchObject({ path: join(folder, 'data') });
});

test.each<[string, object, RegExp]>([
  ['an unknown field', { surprise: 1 }, /surprise/],
  ['a version range', { packageVersion: '^1.0.0' }, /packageVersion: must be an exact version/],
  ['an unknown permission', { permissions: ['mcp.ac.root'] }, /permissions\.0/],
  [
    'a domain with a scheme',
    { runtimePermissions: [{ type: 'domain', domain: 'https://a.example', port: 443 }] },
    /runtimePermissions\.0\.domain/,
  ],
  [
    'a bare address as domain',
    { runtimePermissions: [{ type: 'domain', domain: '10.0.0.1', port: 443 }] },
    /runtimePermissions\.0\.domain/,
  ],
  [
    'a port that is none',
    { runtimePermissions: [{ type: 'domain', domain: 'a.example', port: 70000 }] },
    /runtimePermissions\.0\.port/,
  ],
  [
    'a host that is a name',
    { runtimePermissions: [{ type: 'host', host: 'a.example', port: 1 }] },
    /runtimePermissions\.0\.host/,
  ],
  [
    'a variable that is none',
    { runtimePermissions: [{ type: 'env', name: 'A=B' }] },
    /runtimePermissions\.0\.name/,
  ],
  ['an escape sequence in its name', { name: 'x\u001b[2J' }, /name: must be plain text/],
  [
    'a purpose that reorders what is read',
    { runtimePermissions: [{ type: 'env', name: 'A', purpose: 'a\u202eb' }] },
    /purpose: must be plain text/,
  ],
  ['code without a command', { codeMount: '.' }, /codeMount and execCommand go together/],
])('a manifest with %s is refused, naming the field', (_what, change, message) => {
  const path = join(temporaryFolder(), 'm.json');
  writeFileSync(path, JSON.stringify({ ...fields, ...change }));
  expect(() => loadManifest(path)).toThrow(message);
});

test('the digest follows everything a manifest says', () => {
  const digest = (change: Partial<ManifestFields>) => new MCPManifest({ ...fields, ...change }).digest;
  expect(digest({})).toBe(digest({}));
  for (const change of [
    { name: 'y' },
    { runtimeArgs: ['--all'] },
    { permissions: [Permission.MCP_AC_NETWORK_CLIENT] },
  ]) {
    expect(digest(change)).not.toBe(digest({}));
  }
});

test("the SMS server's manifest asks for one domain and four variables, and nothing else", () => {
  expect(loadManifest(SMS_MANIFEST).runtimePermissions.map(describePermission)).toEqual([
    'Allow access to domain: api.twilio.com:443',
    'Allow access to env var: TWILIO_ACCOUNT_SID',
    'Allow access to env var: TWILIO_AUTH_TOKEN',
    'Allow access to env var: TWILIO_PHONE_NUMBER',
    'Allow access to env var: NOTIFICATION_PHONE',
  ]);
});
