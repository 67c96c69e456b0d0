import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWithBubblewrap } from '../support/bubblewrap.ts';
import { testWithDocker } from '../support/docker.ts';
import { nodeFolder } from '../support/nodes.ts';
import { installInto, pack, publishWarnings, succeeded } from '../support/packed.ts';
import { REPO, type RunOptions, runProgram } from '../support/run.ts';

/** The app as somebody installs it whose Node is 20, and who has never seen this clone. */
const folder = mkdtempSync(join(tmpdir(), 'spendwise-test-app-'));
const home = join(folder, 'empty');
let files: readonly string[] = [];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const packed = await pack(folder, '.');
  files = packed.files;
  await installInto(home, packed.tarball);
}, 600_000);

async function spendwise(args: readonly string[], options: RunOptions = {}) {
  const path = [await nodeFolder(20), process.env.PATH].join(delimiter);
  const image = process.env.SPENDWISE_NODE_IMAGE;
  const env = { PATH: path, HOME: folder, ...(image && { SPENDWISE_NODE_IMAGE: image }), ...options.env };
  return runProgram(join(home, 'node_modules/.bin/spendwise'), args, { ...options, cwd: home, env });
}

test('the tarball holds what is run and read, no sources and no tests', () => {
  expect(files.filter((file) => !file.startsWith('dist-app/')).toSorted()).toEqual([
    'Dockerfile.sms',
    'LICENSE',
    'README.md',
    'agent/alerts/ledger/schema.sql',
    'agent/run.js',
    'agent/sandbox/drill/hostile-server.mjs',
    'agent/sandbox/runtimes/bubblewrap/seccomp-arm64.bpf',
    'agent/sandbox/runtimes/bubblewrap/seccomp-x64.bpf',
    'agent/sandbox/runtimes/seccomp.json',
    'agent/spending/schema.sql',
    'agent/spendwise.js',
    'package.json',
  ]);
  const needed = ['main.js', 'demo.js', 'spending-server.js', 'THIRD-PARTY-LICENSES'];
  const inDist = ['.digest', 'gateway/relay.mjs', 'sms.json', 'sms/server.mjs', 'spending/lib/server.mjs'];
  const made = [...needed, ...inDist.map((file) => `dist/${file}`)].map((file) => `dist-app/${file}`);
  expect(files).toEqual(expect.arrayContaining(made));
  expect(files.filter((file) => /\.ts$|\.map$|\.test\./.test(file))).toEqual([]);
});

test('nothing in it names a path of the machine that packed it', () => {
  for (const file of files.filter((each) => !each.endsWith('.node')))
    expect(readFileSync(join(home, 'node_modules/spendwise', file), 'utf8'), file).not.toContain(REPO);
});

test('what the sandbox depends on, the app does, at the same version: nothing else is bundled in unnoticed', () => {
  const dependencies = (file: string) => JSON.parse(readFileSync(join(REPO, file), 'utf8')).dependencies;
  expect(dependencies('package.json')).toMatchObject(dependencies('agent/sandbox/package.json'));
  const licences = readFileSync(join(home, 'node_modules/spendwise/dist-app/THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of ['twilio', 'zod', '@modelcontextprotocol/sdk', 'better-sqlite3'])
    expect(licences).toContain(`== ${name} (`);
});

test('started by Node 20, it runs under the Node that it brings', async () => {
  const help = await spendwise(['status', '--help']);
  expect(succeeded(help)).toMatch(/^Usage: spendwise status /);
  expect(succeeded(await spendwise(['--help']))).toMatch(/^ {2}demo .*throw-away database/m);
  expect(succeeded(await spendwise(['demo', '--help']))).toMatch(/^Usage: spendwise demo /);
  expect(succeeded(await spendwise(['doctor', '--json']).then((ran) => ({ ...ran, code: 0 })))).toMatch(
    /"Node","ok":true,"detail":"26\./,
  );
}, 600_000);

test('the database is beside no code: an update keeps it', async () => {
  const missing = await spendwise(['status']);
  expect(missing).toMatchObject({ code: 4, stdout: '' });
  expect(missing.stderr).toContain(join(folder, '.local/share/spendwise/spendwise.db'));
  const data = { env: { XDG_DATA_HOME: join(folder, 'data') } };
  succeeded(await spendwise(['seed'], data));
  expect(succeeded(await spendwise(['status'], data))).toContain('Shopping');
});

async function demo(runtime: string) {
  const report = JSON.parse(succeeded(await spendwise(['demo', '--json', '--runtime', runtime])));
  expect(report).toMatchObject({ runtime, twilio: 'stand-in' });
  expect(report.messages.map(({ status }: { status: string }) => status)).toEqual(['queued', 'queued']);
}

test('spendwise demo does the whole job', () => demo('process'));
testWithBubblewrap('so it does under bubblewrap', () => demo('bubblewrap'));
testWithDocker('so it does under Docker', () => demo('docker'));

test('passes the checks of npm publish', async () => expect(await publishWarnings('.')).toEqual([]));
