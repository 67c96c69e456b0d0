import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Entry, readEntry } from '../../../../agent/sandbox/cli/wrap/entry.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { pythonIndex, testWithPip } from '../../../support/python-index.ts';
import { REPO, spendwise } from '../../../support/run.ts';
import { codeOf } from '../../../support/tool-server.ts';

/** A client's configuration, as one server of the four clients has it. */
function client(config: (server: string) => string, command: typeof spendwiseHere = spendwiseHere, env = {}) {
  const folder = temporaryFolder();
  codeOf(join(folder, 'code'), 'return process.env.TOKEN');
  const server = join(folder, 'code', 'server.mjs');
  const path = join(folder, 'client.json');
  writeFileSync(path, config(server), { mode: 0o600 });
  const state = join(folder, 'state');
  const run = (...args: string[]) =>
    command(['sandbox', ...args], { env: { SPENDWISE_STATE_DIR: state, ...env } });
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
  pypi: async () => '1.2.3',
  image: async (name: string) => `${name}@sha256:${'0'.repeat(64)}`,
};
const read = (change: Partial<Entry>) =>
  readEntry({ command: 'npx', args: [], env: {}, cwd: undefined, ...change }, look);

test.each<[Partial<Entry>, string]>([
  [{ command: 'bunx', args: ['x'] }, 'it is started by bunx'],
  [{ command: 'uvx', args: [] }, 'it names no package'],
  [{ command: 'uvx', args: ['--with', 'y', 'x'] }, 'its option --with is not supported'],
  [{ command: 'uvx', args: ['--index-url', 'https://evil.example', 'x'] }, 'its option --index-url is not'],
  [{ command: 'uvx', args: ['--index-url=https://evil.example', 'x'] }, 'its option --index-url is not'],
  [{ command: 'uvx', args: ['--python', '3.12', 'x'] }, 'its option --python is not supported'],
  [{ command: 'uvx', args: ['--from', 'a', '--from', 'b', 'x'] }, 'its option --from is not supported'],
  [{ command: 'uvx', args: ['--from', 'git+https://x.example/a', 'x'] }, 'git+https://x.example/a is not a'],
  [{ command: 'uvx', args: ['--from', 'x @ https://x.example/a.whl', 'x'] }, 'is not a package with at most'],
  [{ command: 'uvx', args: ['--from', '-rfile', 'x'] }, '-rfile is not a package'],
  [{ command: 'uvx', args: ['--from', 'x'] }, 'it names no package'],
  [{ command: 'uvx', args: ['x[cli]'] }, 'x[cli] is not a package'],
  [{ command: 'uvx', args: ['x>=1'] }, 'x>=1 is not a package'],
  [{ command: 'uvx', args: ['./x'] }, './x is not a package'],
  [{ command: 'uvx', args: ['python@3.12', '-c', 'x'] }, 'is Python itself'],
  [{ command: 'uvx', args: ['--from', 'x', 'python', '-m', 'x'] }, 'is Python itself'],
  [{ command: 'uvx', args: ['x'], env: { UV_INDEX_URL: 'https://x.example' } }, 'it sets UV_INDEX_URL'],
  [
    { command: 'pipx', args: ['run', 'x'], env: { PIP_INDEX_URL: 'https://x.example' } },
    'it sets PIP_INDEX_URL',
  ],
  [{ args: ['x'], env: { npm_config_registry: 'https://x.example' } }, 'it sets npm_config_registry'],
  [{ command: 'uv', args: ['run', 'x.py'] }, 'uv run does not start a published package'],
  [{ command: 'pipx', args: ['run', '--pip-args=-i x', 'x'] }, 'its option --pip-args is not supported'],
  [{ command: 'python', args: ['-m', 'x'] }, 'the module x is not in its "cwd"'],
  [{ command: 'python', args: ['-m', '../x'], cwd: '/' }, 'the module ../x is not in its "cwd"'],
  [{ command: 'python', args: ['-c', 'x'] }, 'its option -c is not supported'],
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

test.each<[string, string[], object, string[]]>([
  [
    'uvx',
    ['My.Server'],
    { packageName: 'My.Server', packageVersion: '1.2.3' },
    ['My.Server is now fixed to 1.2.3'],
  ],
  ['uvx', ['x@1.0', '--flag'], { packageVersion: '1.0', runtimeArgs: ['--flag'] }, []],
  [
    'uvx',
    ['-q', '--from', 'x==1.0', 'serve'],
    { packageName: 'x', packageVersion: '1.0', program: 'serve' },
    [],
  ],
  ['/opt/uvx.exe', ['--from=my_x', 'my-x'], { packageName: 'my_x' }, ['my_x is now fixed to 1.2.3']],
  ['uv', ['tool', 'run', 'x@latest'], { packageName: 'x' }, ['x is now fixed to 1.2.3']],
  ['pipx', ['run', '--spec', 'x==1.0', 'x'], { packageName: 'x', packageVersion: '1.0' }, []],
])('%s %j becomes a published Python package', async (command, args, expected, said) => {
  const found = await read({ command, args, env: { TOKEN: '1' } });
  const asked = {
    registry: 'pypi',
    codeImage: 'python:3-slim',
    runtimePermissions: [{ type: 'env', name: 'TOKEN' }],
  };
  expect(found).toMatchObject({ fields: { ...asked, ...expected } });
  const { fields, notes } = found as Extract<typeof found, { notes: unknown }>;
  expect(Object.hasOwn(fields, 'program')).toBe('program' in expected);
  expect(notes.filter((note) => note.includes('fixed'))).toEqual(said);
  expect(notes.some((note) => note.includes('what uv is set up for is not read'))).toBe(command !== 'pipx');
});

test('code in Python, by its file or its module, runs as a folder of code', async () => {
  const cwd = temporaryFolder();
  for (const name of ['server.py', 'tool.py']) writeFileSync(join(cwd, name), '');
  const common = { registry: 'oci', codeMount: cwd, codeImage: 'python:3-slim' };
  expect(await read({ command: 'python', args: ['server.py', '--x'], cwd })).toMatchObject({
    fields: { ...common, execCommand: ['python3', 'server.py', '--x'] },
  });
  expect(await read({ command: 'python3', args: ['-m', 'tool', '--x'], cwd })).toMatchObject({
    fields: { ...common, execCommand: ['python3', '-m', 'tool', '--x'] },
  });
  expect(await read({ command: 'python3', args: ['-m', 'other'], cwd })).toHaveProperty('why');
});

testWithPip(
  "uvx of a client: the newest version in the person's index, of which only the list of files is read",
  async () => {
    const index = await pythonIndex();
    for (const version of ['1.9.0', '1.10.0', '2.0.0rc1']) index.publish('My_Server', { version });
    index.publish('My_Server', { version: '3.0.0' }, { yanked: true });
    const pip = {
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: index.url.replace('://', '://reader:the-password@'),
    };
    const uvx = (name: string) => `"${name}": { "command": "uvx", "args": ["${name}"] }`;
    const config = `{ "mcpServers": { ${uvx('my-server')}, ${uvx('missing')} } }`;
    const { path, state, run } = client(() => config, spendwiseHere, pip);
    const { stdout } = await run('wrap', path);
    expect(stdout).toContain('my-server is now fixed to 1.10.0');
    expect(stdout).toMatch(/missing: not changed, because pip knows no version of missing: ERROR: /);
    expect(stdout).not.toContain('the-password');
    expect(JSON.parse(readFileSync(join(state, 'manifests', 'my-server.json'), 'utf8'))).toMatchObject({
      ...{ registry: 'pypi', packageName: 'my-server', packageVersion: '1.10.0' },
    });
    expect(index.asked).toEqual(['/simple/my-server/', '/simple/missing/']);
  },
);

test('a folder among the arguments may be read, and a home folder is no project', async () => {
  const folder = temporaryFolder();
  expect(await read({ args: ['x@1.2.3', folder] })).toMatchObject({
    fields: { runtimePermissions: [{ type: 'fs', path: folder, read: true, write: false }] },
  });
  expect(await read({ command: 'node', args: [join(homedir(), '.profile')] })).toHaveProperty('why');
});
