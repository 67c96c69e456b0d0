import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWithBubblewrap } from '../support/bubblewrap.ts';
import { testWithDocker } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { nodeFolder } from '../support/nodes.ts';
import { installInto, pack, publishWarnings, succeeded } from '../support/packed.ts';
import { registry } from '../support/registry.ts';
import { REPO, type RunOptions, runProgram } from '../support/run.ts';

/** The app as somebody installs it who has never seen this clone. */
const folder = mkdtempSync(join(tmpdir(), 'spendwise-test-app-'));
const home = join(folder, 'empty');
const NODES = [20, 22, 24];
let files: readonly string[] = [];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const packed = await pack(folder, '.');
  files = packed.files;
  await installInto(home, packed.tarball);
}, 600_000);

/** Under a Node of its own, as a person with a bare environment starts it. */
async function spendwise(
  args: readonly string[],
  { major = 20, ...options }: RunOptions & { major?: number } = {},
) {
  const path = [await nodeFolder(major), process.env.PATH].join(delimiter);
  const image = process.env.SPENDWISE_NODE_IMAGE;
  const env = { PATH: path, HOME: folder, ...(image && { SPENDWISE_NODE_IMAGE: image }), ...options.env };
  return runProgram(join(home, 'node_modules/.bin/spendwise'), args, { ...options, cwd: home, env });
}

test('the tarball has what is run and read, but no sources and no tests', () => {
  const others = [
    'Dockerfile.sms',
    'LICENSE',
    'README.md',
    'agent/GUIDE.md',
    'agent/alerts/ledger/schema.sql',
    'agent/run.js',
    'agent/sandbox/CLIENTS.md',
    'agent/sandbox/MANIFEST.md',
    'agent/sandbox/drill/hostile-server.mjs',
    'agent/sandbox/runtimes/bubblewrap/seccomp-arm64.bpf',
    'agent/sandbox/runtimes/bubblewrap/seccomp-x64.bpf',
    'agent/sandbox/runtimes/seccomp.json',
    'agent/spending/schema.sql',
    'agent/spendwise.js',
    'package.json',
    'testing/stand-ins/inbox/inbox.css',
  ];
  expect(files.filter((file) => !file.startsWith('dist-app/')).toSorted()).toEqual(
    [...others, ...globSync('agent/pages/**/*.css', { cwd: REPO })].toSorted(),
  );
  const own = files.filter((file) => file.startsWith('dist-app/') && !/^dist-app\/[\w-]+\.js$/.test(file));
  expect(own.filter((file) => !/\/sms\/[\w-]+\.mjs$/.test(file)).toSorted()).toEqual(
    [
      'THIRD-PARTY-LICENSES',
      'dist/.digest',
      'dist/gateway/Dockerfile',
      'dist/gateway/gateway-bubblewrap.sh',
      'dist/gateway/gateway.sh',
      'dist/gateway/relay.mjs',
      'dist/pages/inbox.js',
      'dist/pages/run.js',
      'dist/sms.json',
      'dist/spending/lib/schema.sql',
      'dist/spending/lib/server.mjs',
      'dist/spending/prebuilds/linux-arm64.node',
      'dist/spending/prebuilds/linux-x64.node',
    ].map((file) => `dist-app/${file}`),
  );
});

test('nothing in it names a path of the machine that packed it', () => {
  for (const file of files.filter((each) => !each.endsWith('.node')))
    expect(readFileSync(join(home, 'node_modules/spendwise', file), 'utf8'), file).not.toContain(REPO);
});

test("the app depends on the sandbox's dependencies at the same versions, and bundles nothing else", () => {
  const dependencies = (file: string) => JSON.parse(readFileSync(join(REPO, file), 'utf8')).dependencies;
  expect(dependencies('package.json')).toMatchObject(dependencies('agent/sandbox/package.json'));
  const licences = readFileSync(join(home, 'node_modules/spendwise/dist-app/THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of ['twilio', 'zod', '@modelcontextprotocol/sdk', 'better-sqlite3'])
    expect(licences).toContain(`== ${name} (`);
});

test.each(NODES)(
  'started by Node %i, it runs under its own Node',
  async (major) => {
    const { stdout } = await spendwise(['doctor', '--json'], { major });
    expect(stdout).toMatch(/"Node","ok":true,"detail":"26\./);
    expect(succeeded(await spendwise(['status', '--help'], { major }))).toMatch(/^Usage: spendwise status /);
  },
  600_000,
);

test('its commands are all there, the demo too', async () => {
  expect(succeeded(await spendwise(['--help']))).toMatch(/^ {2}demo .*throw-away database/m);
  expect(succeeded(await spendwise(['demo', '--help']))).toMatch(/^Usage: spendwise demo /);
  expect(succeeded(await spendwise(['sandbox', '--help']))).toMatch(/^Usage: spendwise sandbox /);
});

test('a published package is fetched by a process of its own', async () => {
  const { url, publish } = await registry();
  publish('look', { bin: 'server.js' }, { 'server.js': '#!/usr/bin/env node\n' });
  const place = temporaryFolder();
  const wanted = {
    name: 'look',
    registry: 'npm',
    packageName: 'look',
    packageVersion: '1.0.0',
    permissions: [],
  };
  writeFileSync(join(place, 'm.json'), JSON.stringify(wanted));
  const env = {
    SPENDWISE_STATE_DIR: join(place, 'state'),
    npm_config_registry: url,
    npm_config_cache: join(place, 'npm'),
  };
  const run = ['sandbox', 'run', join(place, 'm.json'), '--yes', '--runtime', 'process', '--unsandboxed'];
  expect((await spendwise(run, { env })).stderr).toContain('fetching look 1.0.0');
  expect(readdirSync(join(place, 'state/packages'))).toEqual([expect.stringMatching(/^look-1\.0\.0-\w+$/)]);
});

/** A package whose Node is missing, because install scripts were off, and programs of that name where others can write. */
async function withoutItsNode(major: number) {
  const around = mkdtempSync(join(folder, 'around-'));
  const modules = join(around, 'project/node_modules');
  for (const file of ['run.js', 'spendwise.js'])
    cpSync(join(home, 'node_modules/spendwise/agent', file), join(modules, 'spendwise/agent', file));
  for (const name of ['node', 'better-sqlite3']) mkdirSync(join(modules, name));
  writeFileSync(join(modules, 'spendwise/package.json'), '{"type":"module"}');
  const planted = ['node_modules/node/bin', 'path/node/bin', '.node_modules/node/bin', 'bin'];
  for (const place of planted.map((each) => join(around, each))) {
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'node'), '#!/bin/sh\necho planted\n', { mode: 0o755 });
  }
  const env = { PATH: await nodeFolder(major), HOME: around, NODE_PATH: join(around, 'path') };
  return runProgram('node', [join(modules, 'spendwise/agent/spendwise.js'), 'status'], { cwd: around, env });
}

test.each(NODES)('without its own Node, Node %i says so and runs no other', async (major) => {
  const ran = await withoutItsNode(major);
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toMatch(
    new RegExp(`^error: SpendWise needs Node 26; this is Node ${major}\\..*\nhint: .*\`npm rebuild node\``),
  );
});

test('keeps the database outside the code, so an update keeps it', async () => {
  const missing = await spendwise(['status']);
  expect(missing).toMatchObject({ code: 4, stdout: '' });
  expect(missing.stderr).toContain(join(folder, '.local/share/spendwise/spendwise.db'));
  const data = { env: { XDG_DATA_HOME: join(folder, 'data') } };
  succeeded(await spendwise(['seed'], data));
  expect(succeeded(await spendwise(['status'], data))).toContain('Shopping');
});

const PAGE = /^Page of this run: (.*)$/m;

async function demo(runtime: string, args: readonly string[], options?: RunOptions) {
  const ran = await spendwise(['demo', '--json', ...args], options);
  const report = JSON.parse(succeeded(ran));
  expect(ran.stderr).toMatch(PAGE);
  const [, page = ''] = PAGE.exec(ran.stderr) ?? [];
  expect(readFileSync(page, 'utf8')).toContain('2 texts reached the stand-in phone');
  expect(report).toMatchObject({ runtime, twilio: 'stand-in' });
  expect(report.messages.map(({ status }: { status: string }) => status)).toEqual(['queued', 'queued']);
  return ran.stderr;
}

test('spendwise demo does the whole job with only Node on the PATH', async () => {
  const said = await demo('process', [], { env: { PATH: await nodeFolder(20) } });
  expect(said).toMatch(/no Docker .*without a boundary/);
});
testWithBubblewrap('so it does under bubblewrap', () => demo('bubblewrap', ['--runtime', 'bubblewrap']));
testWithDocker('so it does under Docker', () => demo('docker', ['--runtime', 'docker']));

test('passes the checks of npm publish', async () => expect(await publishWarnings('.')).toEqual([]));
