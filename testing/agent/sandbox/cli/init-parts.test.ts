import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { declaredVariables } from '../../../../agent/sandbox/cli/init/declared-variables.ts';
import { VariableWatch } from '../../../../agent/sandbox/cli/init/read-variables.ts';
import { readTarget } from '../../../../agent/sandbox/cli/init/words.ts';
import { temporaryFolder } from '../../../support/folder.ts';

test.each([
  [['notes'], [], { kind: 'npm', name: 'notes', range: 'latest', args: [] }],
  [['@a/notes@^1.2'], ['/data'], { kind: 'npm', name: '@a/notes', range: '^1.2', args: ['/data'] }],
  [[], ['npx', '-y', 'notes@1.0.0', '--x'], { kind: 'npm', name: 'notes', range: '1.0.0', args: ['--x'] }],
  [[], ['node', 'server.js', '--x'], { kind: 'command', command: ['node', 'server.js', '--x'] }],
])('understands %j -- %j', (before, after, target) => {
  expect(readTarget(before, after, 'npm')).toEqual(target);
});

test.each([
  [[], []],
  [['notes', 'more'], []],
  [['--registry=x'], []],
  [['notes@file:/etc'], []],
  [['notes@https://x.example/a.tgz'], []],
  [['git+ssh://x.example/a'], []],
  [['../notes'], []],
  [[], ['npx']],
  [[], ['npx', '--package', 'evil', 'notes']],
])('refuses %j -- %j', (before, after) => {
  expect(() => readTarget(before, after, 'npm')).toThrow(/not the name|one package|neither/);
});

const python = (name: string, more: object = {}) => ({
  ...{ kind: 'pypi', name, version: undefined, program: undefined, args: [] },
  ...more,
});

test.each([
  [['Notes.Server'], ['/data'], python('Notes.Server', { args: ['/data'] })],
  [['notes@1.2'], [], python('notes', { version: '1.2' })],
  [['notes==1.2'], [], python('notes', { version: '1.2' })],
  [
    [],
    ['uvx', '--from', 'notes==1.2', 'serve', '--x'],
    python('notes', { version: '1.2', program: 'serve', args: ['--x'] }),
  ],
  [[], ['uv', 'tool', 'run', '-q', 'notes@latest'], python('notes')],
  [[], ['/usr/bin/pipx', 'run', '--spec=notes', 'Notes'], python('notes')],
])('of the Python index, understands %j -- %j', (before, after, target) => {
  expect(readTarget(before, after, 'pypi')).toEqual(target);
});

test.each([
  [['@scope/notes'], []],
  [['notes[extra]'], []],
  [['notes>=1'], []],
  [['notes@git+https://x.example/a'], []],
  [['--index-url=x'], []],
  [['./notes.whl'], []],
  [[], ['uv', 'run', 'server.py']],
  [[], ['uvx', '--with', 'evil', 'notes']],
])('of the Python index, refuses %j -- %j', (before, after) => {
  expect(() => readTarget(before, after, 'pypi')).toThrow(/exact version|does not start|not supported/);
});

const declared = (files: Record<string, unknown>) => {
  const folder = temporaryFolder();
  const home = join(folder, 'node_modules', 'notes');
  mkdirSync(home, { recursive: true });
  for (const [name, json] of Object.entries(files))
    writeFileSync(join(home, name), typeof json === 'string' ? json : JSON.stringify(json));
  return declaredVariables(home, (name) => name === 'notes');
};
const serverJson = (environmentVariables: unknown[], more: object = {}) => ({
  packages: [
    { registryType: 'npm', identifier: 'other', environmentVariables: [{ name: 'OTHERS' }] },
    { registryType: 'npm', identifier: 'notes', environmentVariables, ...more },
  ],
});

test('reads variables and their purpose from server.json or the manifest of a bundle', () => {
  const variable = { name: 'API_KEY', description: 'Your\nkey', isRequired: true, isSecret: true };
  expect(declared({ 'server.json': serverJson([variable, { name: 'PLAIN' }]) })).toEqual({
    from: 'server.json',
    permissions: [
      { type: 'env', name: 'API_KEY', purpose: 'Your key (secret)' },
      { type: 'env', name: 'PLAIN' },
    ],
  });
  const earlier = {
    packages: [{ name: 'notes', environment_variables: [{ name: 'OLD', is_secret: true }] }],
  };
  expect(declared({ 'server.json': earlier }).permissions).toEqual([
    { type: 'env', name: 'OLD', purpose: '(secret)' },
  ]);
  const bundle = {
    server: { mcp_config: { env: { KEY: `\${user_config.key}`, FIXED: '1' } } },
    user_config: { key: { description: 'A key', sensitive: true } },
  };
  expect(declared({ 'manifest.json': bundle })).toEqual({
    from: 'manifest.json',
    permissions: [{ type: 'env', name: 'KEY', purpose: 'A key (secret)' }],
  });
  expect(declared({})).toEqual({ from: undefined, permissions: [] });
});

test('ignores hostile declarations: steering variables, odd names, and files that are links, large or deep', () => {
  const names = ['LD_PRELOAD', 'NODE_OPTIONS', 'PATH', 'A B', '', 'LETTERS\u202e', 7, null];
  expect(declared({ 'server.json': serverJson(names.map((name) => ({ name }))) }).permissions).toEqual([]);
  const [long] = declared({
    'server.json': serverJson([{ name: 'A', description: `\u001b[2J\u202e${'x'.repeat(5_000)}` }]),
  }).permissions;
  expect(long?.purpose).toMatch(/^\S[^\u202e]{1,119}$/);
  const many = Array.from({ length: 1_000 }, (_, n) => ({ name: `V${n}` }));
  expect(declared({ 'server.json': serverJson(many) }).permissions).toHaveLength(50);
  expect(declared({ 'server.json': ' '.repeat(300_000) }).permissions).toEqual([]);
  expect(declared({ 'server.json': '['.repeat(1_000) }).permissions).toEqual([]);
  const folder = temporaryFolder();
  const home = join(folder, 'node_modules', 'notes');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(folder, 'elsewhere.json'), JSON.stringify(serverJson([{ name: 'A' }])));
  symlinkSync(join(folder, 'elsewhere.json'), join(home, 'server.json'));
  expect(declaredVariables(home, (name) => name === 'notes').permissions).toEqual([]);
});

test('stderr of a server cannot forge variables, and takes limited memory', () => {
  const watch = new VariableWatch();
  for (let n = 0; n < 1_000; n += 1) watch.take(`variable-0000 own FORGED${n} ${'x'.repeat(1_000)}`);
  watch.take('y'.repeat(1_000_000));
  expect(watch.read).toEqual({ own: [], dependencies: [], all: false });
  expect(watch.said.length).toBeLessThan(20_000);
});
