import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bubblewrapAvailable } from '../support/bubblewrap.ts';
import { dockerAvailable } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { nodeFolder } from '../support/nodes.ts';
import { installInto, pack, publishWarnings, rpc, succeeded, typeErrors } from '../support/packed.ts';
import { Reader } from '../support/reader.ts';
import { terminalAvailable } from '../support/reader-shell.ts';
import { registry } from '../support/registry.ts';
import { REPO, runProgram } from '../support/run.ts';
import { INITIALIZE } from '../support/sms-http.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'spendwise-test-sandbox-package-')));
/** Where it is installed: as the page says, where a page can be read. */
let home = join(folder, 'empty');
let files: readonly string[] = [];
let reader: Reader | undefined;
const PAGE = 'agent/sandbox/FIRST-SERVER.md';
const available = terminalAvailable && (dockerAvailable || bubblewrapAvailable);
const started = performance.now();
afterAll(async () => {
  await reader?.close();
  rmSync(folder, { recursive: true, force: true });
});

function readerOfPage(tarball: string): Reader {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const path = folders.filter((one) => !one.includes('node_modules')).join(delimiter);
  const configured = (name: string) =>
    execFileSync('npm', ['config', 'get', name], {
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    }).trim();
  const env = {
    // The state folder is where a person's is, for a client passes on no variable that says otherwise.
    SPENDWISE_STATE_DIR: '',
    // npm looks for its global configuration beside the Node that it runs under, and this one is ours.
    PATH: `${dirname(process.execPath)}${delimiter}${path}`,
    npm_config_globalconfig: configured('globalconfig'),
    npm_config_cache: configured('cache'),
    npm_config_prefer_offline: 'true',
    npm_config_progress: 'false',
    npm_config_update_notifier: 'false',
  };
  return new Reader(PAGE, env, {
    '--silent @spendwise/sandbox': `--silent --no-audit --no-fund ${tarball}`,
    'npx --no -- mcp-inspector': join(REPO, 'node_modules/.bin/mcp-inspector'),
  });
}

/** Answers with what it sees of a variable that nobody granted. */
const SERVER = `
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const result = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'look', version: '1' } },
    'tools/list': { tools: [{ name: 'look', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: String(process.env.NOT_GRANTED) + ' ' + process.version }] },
  }[method];
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});`;
const MANIFEST = {
  name: 'look',
  registry: 'npm',
  packageName: 'look',
  permissions: [],
  codeMount: './code',
  execCommand: ['node', 'server.mjs'],
  runtimePermissions: [],
};
const SESSION = rpc(
  INITIALIZE,
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/call', params: { name: 'look', arguments: {} } },
);

beforeAll(async () => {
  const packed = await pack(folder, 'agent/sandbox');
  files = packed.files;
  if (available) {
    reader = readerOfPage(packed.tarball);
    await reader.read('Install it');
    home = join(realpathSync(reader.folder), 'my-server');
    // As installInto makes it.
    const json = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    writeFileSync(join(home, 'package.json'), JSON.stringify({ ...json, type: 'module' }));
  } else await installInto(home, packed.tarball, '--ignore-scripts');
  mkdirSync(join(home, 'code'));
  writeFileSync(join(home, 'code/server.mjs'), SERVER);
  writeFileSync(join(home, 'manifest.json'), JSON.stringify(MANIFEST));
}, 600_000);

/** Under a Node of its own, as a person with a bare environment starts it. */
async function sandbox(
  major: number,
  args: readonly string[],
  input?: string,
  more?: Record<string, string>,
) {
  const path = [await nodeFolder(major), process.env.PATH].join(delimiter);
  const image = process.env.SPENDWISE_NODE_IMAGE;
  const env = {
    PATH: path,
    HOME: folder,
    NOT_GRANTED: 'secret',
    ...(image && { SPENDWISE_NODE_IMAGE: image }),
    ...more,
  };
  const bin = join(home, 'node_modules/.bin/spendwise-sandbox');
  return runProgram(bin, args, { cwd: home, env, ...(input && { input, keepInputOpen: false }) });
}

test.skipIf(!available).each(['Write its manifest', 'Grant it, and give it to your client', 'Call a tool'])(
  'the page on a first server is true: %s',
  (section) => reader?.read(section),
);

test.skipIf(!available)('all of the page takes less than three minutes', () => {
  expect(performance.now() - started).toBeLessThan(180_000);
});

test('the tarball has what is run and read, but no sources and no tests', () => {
  const places = /^(bin\/spendwise-sandbox\.js$|dist\/)/;
  expect(files.filter((file) => !places.test(file)).toSorted()).toEqual([
    'CLIENTS.md',
    'LICENSE',
    'MANIFEST.md',
    'README.md',
    'drill/hostile-server.mjs',
    'manifest.schema.json',
    'package.json',
    'runtimes/bubblewrap/seccomp-arm64.bpf',
    'runtimes/bubblewrap/seccomp-x64.bpf',
    'runtimes/seccomp.json',
  ]);
  expect(files).toEqual(
    expect.arrayContaining(
      ['index.js', 'index.d.ts', 'gateway/relay.mjs', 'gateway/Dockerfile'].map((file) => `dist/${file}`),
    ),
  );
  expect(files.filter((file) => /(?<!\.d)\.ts$|\.map$|\.test\./.test(file))).toEqual([]);
});

test('nothing in it names a path of the machine that packed it', () => {
  const root = join(home, 'node_modules/@spendwise/sandbox');
  for (const file of files) expect(readFileSync(join(root, file), 'utf8'), file).not.toContain(process.cwd());
});

describe.each([22, 24, 26])('Node %i', (major) => {
  test('the command shows its help', async () => {
    const ran = await sandbox(major, ['--help']);
    expect(succeeded(ran)).toMatch(/^Usage: spendwise-sandbox /);
    expect(ran.stderr).toBe('');
  }, 600_000);

  const runtimes = { bubblewrap: bubblewrapAvailable, docker: dockerAvailable };
  for (const [runtime, available] of Object.entries(runtimes)) {
    test.skipIf(!available)(`a server runs under ${runtime}, and sees only what was granted`, async () => {
      const ran = await sandbox(major, ['run', 'manifest.json', '--yes', '--runtime', runtime], SESSION);
      const answers = succeeded(ran)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(answers.find(({ id }) => id === 2).result.content[0].text).toMatch(/^undefined v\d/);
      if (runtime === 'bubblewrap') expect(ran.stdout).toContain(`undefined v${major}.`);
    });
  }

  test('a published package is fetched by a process of its own', async () => {
    const { url, publish } = await registry();
    publish('look', { bin: 'server.js', type: 'module' }, { 'server.js': `#!/usr/bin/env node${SERVER}` });
    const { codeMount: _, execCommand: __, ...manifest } = MANIFEST;
    const place = temporaryFolder();
    writeFileSync(join(place, 'm.json'), JSON.stringify({ ...manifest, packageVersion: '1.0.0' }));
    const run = ['run', join(place, 'm.json'), '--yes', '--runtime', 'process', '--unsandboxed'];
    const env = {
      SPENDWISE_STATE_DIR: join(place, 'state'),
      npm_config_registry: url,
      npm_config_cache: join(place, 'npm'),
    };
    const ran = await sandbox(major, run, SESSION, env);
    expect(succeeded(ran)).toContain(`undefined v${major}.`);
    expect(ran.stderr).toContain('fetching look 1.0.0');
  });

  test('a program imports the library, and nothing deeper', async () => {
    const code = `
      import * as library from '@spendwise/sandbox';
      const deep = ['errors', 'dist/index.js', 'manifest', 'runtimes/docker'].map((name) =>
        import('@spendwise/sandbox/' + name).then(() => name, (error) => error.code));
      console.log(typeof library.startServer, ...new Set(await Promise.all(deep)));`;
    const node = join(await nodeFolder(major), 'node');
    const ran = await runProgram(node, ['--input-type=module', '-e', code], { cwd: home });
    expect(succeeded(ran)).toBe('function ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });
});

test('an older Node says what is needed', async () => {
  const ran = await sandbox(20, ['--help']);
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch(
    /^error: spendwise-sandbox needs Node 22\.13 or newer; this is Node 20\..*\nhint: /,
  );
}, 600_000);

test('its exports have types that a strict compiler accepts', async () => {
  const errors = await typeErrors(
    home,
    `import { AuditLog, DevMCPManifest, DomainPort, GrantStore, loadManifest, type MCPManifest, Permission, Registry,
       type SandboxedServer, startServer, type StartOptions } from '@spendwise/sandbox';
     export async function start(options: StartOptions): Promise<SandboxedServer> {
       const manifest: MCPManifest = loadManifest('manifest.json');
       // @ts-expect-error: a port is a number
       new DomainPort('example.com', 'https');
       console.log(AuditLog, DevMCPManifest, GrantStore, Permission.MCP_AC_NETWORK_CLIENT, Registry.NPM);
       // @ts-expect-error: consent is not left out
       await startServer(manifest, { runtime: options.runtime, env: {} });
       return startServer(manifest, options);
     }`,
  );
  expect(errors).toBe('');
});

test('passes the checks of npm publish', async () =>
  expect(await publishWarnings('agent/sandbox')).toEqual([]));
