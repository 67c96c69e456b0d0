import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Entry, readEntry } from '../../../../agent/sandbox/cli/wrap/entry.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { REPO, spendwise } from '../../../support/run.ts';
import { codeOf } from '../../../support/tool-server.ts';

/** A client's configuration, as one server of the four clients has it. */
function client(config: (server: string) => string, command: typeof spendwiseHere = spendwiseHere) {
  const folder = temporaryFolder();
  codeOf(join(folder, 'code'), 'return process.env.TOKEN');
  const server = join(folder, 'code', 'server.mjs');
  const path = join(folder, 'client.json');
  writeFileSync(path, config(server), { mode: 0o600 });
  const state = join(folder, 'state');
  const run = (...args: string[]) => command(['sandbox', ...args], { env: { SPENDWISE_STATE_DIR: state } });
  const text = () => readFileSync(path, 'utf8');
  return { folder, path, state, run, text };
}
const entry = (server: string) =>
  `{ "command": "node", "args": ["${server}"], "env": { "TOKEN": "s3cret" }, "timeout": 5 }`;

test.each<[string, (server: string) => string]>([
  [
    'Claude Desktop or Cursor',
    (server) => `{ "mcpServers": { "notes": ${entry(server)} }, "theme": "dark" }`,
  ],
  ['VS Code', (server) => `{\n\t// kept\n\t"servers": {\n\t\t"notes": ${entry(server)},\n\t},\n}`],
  ["VS Code's settings", (server) => `{ "mcp": { "servers": { "notes": ${entry(server)} } } }`],
  [
    'Claude Code',
    (server) => `{ "projects": { "/home/me/x": { "mcpServers": { "notes": ${entry(server)} } } } }`,
  ],
])('a server of %s starts through the sandbox, and as before after --undo', async (_client, config) => {
  const { path, state, run, text } = client(config);
  const before = text();
  const wrapped = await run('wrap', path);
  expect(wrapped, wrapped.stderr).toMatchObject({ code: 0 });
  const manifest = join(state, 'manifests', 'notes.json');
  expect(wrapped.stdout).toContain(`next: spendwise sandbox grant ${manifest}`);
  expect(readFileSync(`${path}.before-sandbox`, 'utf8')).toBe(before);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(text()).toContain(`"${manifest}"`);
  expect(text()).toContain('"env": { "TOKEN": "s3cret" }, "timeout": 5');
  for (const file of readdirSync(join(state, 'manifests')))
    expect(readFileSync(join(state, 'manifests', file), 'utf8')).not.toContain('s3cret');
  expect((await run('wrap', path)).stdout).toContain('it is already in the sandbox');
  expect((await run('wrap', path, '--undo')).stdout).toContain('notes: starts as before');
  expect(text().replace(/\s/g, '')).toBe(before.replace(/\s/g, ''));
});

test('--manifest takes a manifest that is there, for one server', async () => {
  const { folder, path, state, run, text } = client(
    (server) => `{ "mcpServers": { "notes": ${entry(server)}, "b": {} } }`,
    spendwise,
  );
  const own = join(folder, 'own.json');
  const fields = {
    name: 'own',
    registry: 'npm',
    packageName: 'own',
    permissions: [],
    codeMount: 'code',
    execCommand: ['node', 'server.mjs'],
  };
  writeFileSync(own, JSON.stringify(fields));
  expect(await run('wrap', path, '--manifest', own)).toMatchObject({ code: 2 });
  expect((await run('wrap', path, '--manifest', own, '--server', 'notes')).stdout).toContain(`grant ${own}`);
  expect(JSON.parse(text()).mcpServers.notes.args.slice(-2)).toEqual(['run', own]);
  expect(readdirSync(join(state, 'manifests')).filter((name) => name.endsWith('.json'))).toEqual([]);
});

test('what was wrapped starts with what its entry says, once it was granted', async () => {
  const { path, state, run, text } = client((server) => `{ "mcpServers": { "notes": ${entry(server)} } }`);
  await run('wrap', path);
  const grant = await run(
    'grant',
    join(state, 'manifests', 'notes.json'),
    '--yes',
    '--runtime',
    'process',
    '--unsandboxed',
  );
  expect(grant, grant.stderr).toMatchObject({ code: 0 });
  const { command, args, env } = JSON.parse(text()).mcpServers.notes;
  expect(args[0]).toBe(`${REPO}agent/spendwise.js`);
  const input = [
    { id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/call', params: { name: 'go' } },
  ];
  expect(command).toBe(process.execPath);
  const ran = await spendwise([...args.slice(1), '--runtime', 'process', '--unsandboxed'], {
    env: { ...env, SPENDWISE_STATE_DIR: state },
    input: input.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''),
  });
  expect(ran.stdout).toContain('s3cret');
});

test.each([
  ['{ "mcpServers": ', /line 1: /],
  ['{ "mcpServers": {} }', /has no MCP servers/],
  ['{ "mcpServers": { "a": {} } }', /has no server other\nhint: it has a/],
])('the configuration %s is an error, and stays as it is', async (config, error) => {
  const { folder, path, run, text } = client(() => config);
  const failed = await run('wrap', path, '--server', 'other');
  expect(failed.code).not.toBe(0);
  expect(`${failed.stdout}${failed.stderr}`).toMatch(
    config.includes('{} }') && !config.includes('"a"') ? /has no server other/ : error,
  );
  expect(text()).toBe(config);
  expect(readdirSync(folder)).not.toContain('client.json.before-sandbox');
});

const look = {
  npm: async (spec: string) => ({ version: '1.2.3', integrity: `sha512-of-${spec}` }),
  image: async (name: string) => `${name}@sha256:${'0'.repeat(64)}`,
};
const read = (change: Partial<Entry>) =>
  readEntry({ command: 'npx', args: [], env: {}, cwd: undefined, ...change }, look);

test.each<[Partial<Entry>, string]>([
  [{ command: 'uvx', args: ['x'] }, 'it is started by uvx'],
  [{ command: 'sh', args: ['-c', 'node x'] }, 'it is started by sh'],
  [{ args: ['-p', 'a', 'b'] }, 'its option -p is not supported'],
  [{ args: [] }, 'it names no package'],
  [{ args: ['github:a/b'] }, 'is not a package of a registry'],
  [{ args: ['https://evil.example/x.tgz'] }, 'is not a package of a registry'],
  [{ args: ['./local'] }, 'is not a package of a registry'],
  [{ args: ['x'], env: { NODE_OPTIONS: '--require /tmp/evil.js' } }, 'it sets NODE_OPTIONS'],
  [{ args: ['x'], env: { LD_PRELOAD: '/tmp/evil.so' } }, 'it sets LD_PRELOAD'],
  [{ command: 'node', args: ['server.js'] }, 'only the client knows the folder of server.js'],
  [{ command: 'node', args: ['--inspect', '/x.js'] }, 'its option --inspect is not supported'],
  [{ command: 'node', args: ['/nonexistent/x.js'] }, '/nonexistent/x.js does not exist'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as VS Code has it
  [{ command: 'node', args: ['${workspaceFolder}/x.js'] }, 'only the client knows what'],
  [{ command: 'docker', args: ['run', '-v', '/:/host', 'x'] }, "docker's option -v is not supported"],
  [
    { command: 'docker', args: ['run', '--privileged', 'x'] },
    "docker's option --privileged is not supported",
  ],
  [{ command: 'docker', args: ['run', '-e', 'A=1', 'x'] }, "the value of A is in docker's arguments"],
  [{ command: 'docker', args: ['exec', 'x'] }, 'docker exec does not start a server'],
])('%j is left as it is: %s', async (change, why) => {
  expect(await read(change)).toMatchObject({ why: expect.stringContaining(why) });
});

test('what an entry leaves open is looked up, and said', async () => {
  expect(await read({ args: ['-y', '@a/b@^1', '--flag'] })).toEqual({
    fields: {
      registry: 'npm',
      packageName: '@a/b',
      packageVersion: '1.2.3',
      integrity: 'sha512-of-@a/b@^1',
      runtimeArgs: ['--flag'],
      runtimePermissions: [],
    },
    notes: ['@a/b@^1 is now fixed to 1.2.3'],
  });
  expect(
    await read({ command: 'docker', args: ['run', '-i', '--rm', '-e', 'A', '--env=B', 'x/y:1', 'arg'] }),
  ).toMatchObject({
    fields: {
      registry: 'oci',
      packageName: 'x/y',
      runtimeArgs: ['arg'],
      runtimePermissions: [
        { type: 'env', name: 'A' },
        { type: 'env', name: 'B' },
      ],
    },
  });
});

test('a folder among the arguments may be read, and a home folder is no project', async () => {
  const folder = temporaryFolder();
  expect(await read({ args: ['x@1.2.3', folder] })).toMatchObject({
    fields: { runtimePermissions: [{ type: 'fs', path: folder, read: true, write: false }] },
  });
  expect(await read({ command: 'node', args: [join(homedir(), '.profile')] })).toHaveProperty('why');
});
