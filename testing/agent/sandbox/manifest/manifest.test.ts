import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SMS_MANIFEST } from '../../../../agent/app/own-servers.ts';
import {
  DevMCPManifest,
  loadManifest,
  type ManifestFields,
  MCPManifest,
} from '../../../../agent/sandbox/manifest/manifest.ts';
import {
  DomainPort,
  describePermission,
  EnvironmentVariable,
  FSAccess,
  HostPort,
  Permission,
  type RuntimePermission,
} from '../../../../agent/sandbox/manifest/permissions.ts';
import { manifestSchema } from '../../../../agent/sandbox/manifest/write-schema.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { REPO } from '../../../support/run.ts';

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
    'Allow access to file system path (read: true, write: false): "/data"',
  ],
  [
    new FSAccess('/data', { read: true, write: true }),
    [Permission.MCP_AC_FILESYSTEM_READ, Permission.MCP_AC_FILESYSTEM_WRITE],
    'Allow access to file system path (read: true, write: true): "/data"',
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
  [
    'more permissions than a person reads',
    { runtimePermissions: Array.from({ length: 257 }, (_, n) => ({ type: 'env', name: `A${n}` })) },
    /runtimePermissions: .*256/,
  ],
  [
    'a path that fills the screen',
    { runtimePermissions: [{ type: 'fs', path: `/${'a'.repeat(1024)}`, read: true, write: false }] },
    /runtimePermissions\.0\.path: .*1024/,
  ],
  [
    'a place inside that fills the screen',
    {
      runtimePermissions: [
        { type: 'fs', path: '/data', containerPath: `/${'a'.repeat(200)}`, read: true, write: false },
      ],
    },
    /runtimePermissions\.0\.containerPath: .*200/,
  ],
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
    'a host that is no name',
    { runtimePermissions: [{ type: 'host', host: 'localhost', port: 1 }] },
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
  ['an option as image', { image: '--volume=/:/host' }, /image: must be the name of an image/],
  ['an image that hides an option', { image: 'x --privileged' }, /image: must be/],
  [
    'a NUL in its code path',
    { codeMount: 'a\0b', execCommand: ['node'] },
    /codeMount: must not contain control/,
  ],
  ['arguments without end', { runtimeArgs: Array(700).fill('x') }, /runtimeArgs/],
  [
    "the system's settings as code",
    { codeMount: '/etc', execCommand: ['sh'] },
    /too broad to grant to a server/,
  ],
  ['the whole disk as code', { codeMount: '/', execCommand: ['sh'] }, /too broad to grant to a server/],
  [
    'the home folder as code',
    { codeMount: homedir(), execCommand: ['sh'] },
    /too broad to grant to a server/,
  ],
  ...['/', '/proc', '/sys/kernel', '/dev', '/run', '/var/run/docker.sock', homedir()].map(
    (path): [string, object, RegExp] => [
      `${path} as a granted path`,
      {
        permissions: ['mcp.ac.filesystem.read'],
        runtimePermissions: [{ type: 'fs', path, read: true, write: false }],
      },
      /too broad to grant to a server/,
    ],
  ),
  ...['PATH', 'LD_PRELOAD', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'DOCKER_HOST'].map(
    (name): [string, object, RegExp] => [
      `${name} as a variable`,
      { permissions: ['mcp.ac.system.env.read'], runtimePermissions: [{ type: 'env', name }] },
      /cannot be granted/,
    ],
  ),
  ['code without a command', { codeMount: '.' }, /codeMount and execCommand go together/],
])('refuses a manifest with %s, and names the field', (_what, change, message) => {
  const path = join(temporaryFolder(), 'm.json');
  writeFileSync(path, JSON.stringify({ ...fields, ...change }));
  expect(() => loadManifest(path)).toThrow(message);
});

test("asks about code outside the manifest's folder, and follows links", () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  symlinkSync(elsewhere, join(folder, 'link'));
  const path = join(folder, 'm.json');
  for (const codeMount of [elsewhere, 'link', join('..', elsewhere.split('/').at(-1) ?? '')]) {
    writeFileSync(path, JSON.stringify({ ...fields, codeMount, execCommand: ['node', 'x'] }));
    expect(loadManifest(path).runtimePermissions).toMatchObject([
      { type: 'fs', path: elsewhere, read: true, write: false },
    ]);
  }
  symlinkSync('/proc', join(folder, 'innocent'));
  writeFileSync(path, JSON.stringify({ ...fields, codeMount: 'innocent', execCommand: ['node', 'x'] }));
  expect(() => loadManifest(path)).toThrow(/\/proc is too broad/);
});

test('asks about code in the home folder or above it, or in a hidden folder', () => {
  const above = realpathSync(temporaryFolder());
  const home = join(above, 'home');
  for (const folder of ['home/.ssh', 'home/code', 'home/own/code', 'home/own/a/.b/c'])
    mkdirSync(join(above, folder), { recursive: true });
  vi.stubEnv('HOME', home);
  onTestFinished(() => void vi.unstubAllEnvs());
  const asks = (folder: string, codeMount: string) => {
    const path = join(above, folder, 'm.json');
    writeFileSync(path, JSON.stringify({ ...fields, codeMount, execCommand: ['node', 'x'] }));
    return loadManifest(path).runtimePermissions.map((wanted) => (wanted.type === 'fs' ? wanted.path : ''));
  };
  expect(asks('home', '.ssh')).toEqual([join(home, '.ssh')]);
  expect(asks('home', 'code')).toEqual([join(home, 'code')]);
  expect(asks('.', 'home/code')).toEqual([join(home, 'code')]);
  expect(asks('home/own', 'a/.b/c')).toEqual([join(home, 'own/a/.b/c')]);
  expect(asks('home/own', 'code')).toEqual([]);
  expect(asks('home/own', '.')).toEqual([]);
  // Its own folder may stand anywhere.
  expect(asks('home/own/a/.b', 'c')).toEqual([]);
});

test('the digest covers everything in a manifest', () => {
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

test('the published schema is the one that parses manifests, and our manifests name it', () => {
  const published = join(REPO, 'agent/sandbox/manifest.schema.json');
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(manifestSchema()));
  const path = join(REPO, 'mcp-server-sms/sandbox.json');
  const { $schema } = JSON.parse(readFileSync(path, 'utf8'));
  expect(join(path, '..', $schema)).toBe(published);
});
