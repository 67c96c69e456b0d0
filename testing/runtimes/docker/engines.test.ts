import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { DevMCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import { Permission } from '../../../agent/sandbox/manifest/permissions.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import {
  gatewayContainer,
  type NameFiles,
  workloadContainer,
} from '../../../agent/sandbox/runtimes/docker/args.ts';
import type { ContainerEngine } from '../../../agent/sandbox/runtimes/docker/container.ts';
import type { Container } from '../../../agent/sandbox/runtimes/docker/container-options.ts';
import { dockerClient } from '../../../agent/sandbox/runtimes/docker/docker-command.ts';
import { findEngine, localSocket } from '../../../agent/sandbox/runtimes/docker/engine.ts';
import { ownLabels } from '../../../agent/sandbox/runtimes/docker/reaper.ts';
import { identityOfFile } from '../../../agent/sandbox/runtimes/held-paths.ts';
import { docker, testImages, testWithDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO } from '../../support/run.ts';

const byApi = () => findEngine({});
const engines = [
  ['its API', byApi],
  ['its client', async () => dockerClient],
] as const;

const NAMES = ['spendwise-engines-a', 'spendwise-engines-b', 'spendwise-engines-c'] as const;
afterEach(() => dockerClient.remove(...NAMES));

/** Started, and ended with the test. */
async function run(engine: ContainerEngine, container: Container) {
  const running = await engine.run(container);
  onTestFinished(async () => {
    running.stdin.end();
    for (const output of [running.stdout, running.stderr]) output.resume();
    await running.gone;
  });
  return running;
}

/** A workload around a few lines of code, which has everything that a workload can have. */
function workload(name: string, gateway: string, code: string): Container {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(join(folder, 'shared'), { recursive: true });
  writeFileSync(join(folder, 'ca.pem'), '');
  writeFileSync(join(folder, 'server.mjs'), code);
  const manifest = new DevMCPManifest({
    name: 'engines',
    registry: 'npm',
    packageName: 'engines',
    permissions: Object.values(Permission),
    codeMount: folder,
    execCommand: ['node', 'server.mjs'],
    runtimeArgs: ['--an', 'argument'],
    runtimePermissions: [
      { type: 'env', name: 'PLAIN' },
      { type: 'fs', path: join(folder, 'shared'), containerPath: '/shared', read: true, write: true },
    ],
  });
  const plan = launchPlan(
    manifest,
    { granted: manifest.runtimePermissions, refused: [] },
    { PLAIN: 'a value' },
  );
  return workloadContainer(
    { gateway, workload: name, labels: ownLabels(), keepIds: false },
    plan,
    { image: testImages().node, code: plan.program.code },
    { uid: 1234, gid: 1234 },
    {
      seccomp: join(REPO, 'agent/sandbox/runtimes/seccomp.json'),
      ca: join(folder, 'ca.pem'),
      ...names(),
    },
    [identityOfFile(join(folder, 'shared'))],
  );
}

const gateway = (name: string): Container =>
  gatewayContainer(
    { gateway: name, workload: '', labels: ownLabels(), keepIds: false },
    testImages().gateway,
    { addresses: new Map([['api.example.com', '127.77.0.1']]), ports: [443] },
    names(),
  );

/** The same for every container: they are compared. */
const folderOfNames = mkdtempSync(join(tmpdir(), 'spendwise-test-names-'));
afterAll(() => rmSync(folderOfNames, { recursive: true, force: true }));

function names(): NameFiles {
  const folder = folderOfNames;
  const files = { hosts: join(folder, 'hosts'), resolvConf: join(folder, 'resolv.conf') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  return files;
}

/** Alone in a network namespace: what a workload needs to join. */
const alone = (name: string, code: string): Container => {
  const { pid: _, ...rest } = workload(name, '', code);
  return { ...rest, network: 'none' };
};

/** What stands in it, without what is empty: each way leaves out other things. */
function stated(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(stated);
  if (typeof value !== 'object' || value === null) return value || undefined;
  const fields = Object.entries(value).map(([key, field]) => [key, stated(field)] as const);
  const left = fields.filter(([, field]) => field !== undefined);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

function inspected(name: string): unknown {
  const [{ Config, HostConfig, Mounts, AppArmorProfile }] = JSON.parse(docker('inspect', name));
  // The container's own id, the size of a terminal that there is not, and a default that the client says aloud.
  const by = (field: string) => (a: Record<string, string>, b: Record<string, string>) =>
    String(a[field]) < String(b[field]) ? -1 : 1;
  return stated({
    // Variables are in no order of their own: the client keeps them in a Go map on their way.
    Config: { ...Config, Hostname: '', Env: Config.Env.toSorted() },
    HostConfig: {
      ...HostConfig,
      ConsoleSize: [],
      RestartPolicy: {},
      // These are in no order of their own.
      Ulimits: HostConfig.Ulimits.toSorted(by('Name')),
    },
    Mounts: Mounts.toSorted(by('Destination')),
    AppArmorProfile,
  });
}

testWithDocker('makes the same container through client and API', async () => {
  const api = await byApi();
  expect(api.kind).toBe('api');
  const [a, b, c] = NAMES;
  await run(api, gateway(a));
  await run(dockerClient, gateway(b));
  await expect.poll(() => docker('ps', '--format', '{{.Names}}').split('\n')).toContain(b);
  expect(inspected(a)).toEqual(inspected(b));
  const one = workload(c, a, 'process.stdin.resume();');
  const first = await run(api, one);
  const viaApi = inspected(c);
  first.stdin.end();
  await first.gone;
  const second = await run(dockerClient, one);
  await expect.poll(() => docker('ps', '--format', '{{.Names}}').split('\n')).toContain(c);
  expect(viaApi).toEqual(inspected(c));
  second.stdin.end();
  await second.gone;
});

testWithDocker.each(engines)('%s: the end of stdin arrives, and its answer comes back', async (_, find) => {
  const echo = `let n = 0; process.stdin.on('data', (d) => { n += d.length; });
    process.stdin.on('end', () => { console.error('to stderr'); console.log('x'.repeat(3_000_000) + n); process.exitCode = 5; });`;
  const running = await run(await find(), alone(NAMES[0], echo));
  const [out, err] = [text(running.stdout as Readable), text(running.stderr as Readable)];
  running.stdin.write(Buffer.alloc(2_000_000));
  running.stdin.end();
  const said = await out;
  expect(said.length).toBe(3_000_008);
  expect(said.endsWith('x2000000\n')).toBe(true);
  expect(await err).toBe('to stderr\n');
  expect(await running.gone).toBe('exit code 5');
});

testWithDocker.each(engines)('%s: reads the last output before it reports the end', async (_, find) => {
  const running = await run(await find(), alone(NAMES[0], "console.log('last words');"));
  let said = '';
  running.stdout.on('data', (chunk) => {
    said += chunk;
  });
  running.stderr.resume();
  expect(await running.gone).toBe('exit code 0');
  expect(said).toBe('last words\n');
});

testWithDocker('a failed start leaves no container', async () => {
  const api = await byApi();
  const missing = { ...alone(NAMES[0], ''), image: 'spendwise-no-such-image:1' };
  await expect(api.run(missing)).rejects.toThrow(/no such image/i);
  await expect(api.run(workload(NAMES[0], NAMES[1], ''))).rejects.toThrow(/no such container/i);
  expect(docker('ps', '-a', '--format', '{{.Names}}')).not.toContain(NAMES[0]);
});

test('the API is for local engines of the default context', () => {
  const DOCKER_CONFIG = temporaryFolder();
  const at = (env: Record<string, string>) => localSocket({ DOCKER_CONFIG, ...env });
  expect(at({})).toBe('/var/run/docker.sock');
  expect(at({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' })).toBe('/run/user/1000/docker.sock');
  for (const host of [
    'ssh://me@there',
    'tcp://127.0.0.1:2376',
    'unix://',
    'unix:relative',
    'npipe:////./pipe/x',
  ])
    expect(at({ DOCKER_HOST: host })).toBeUndefined();
  for (const name of ['DOCKER_CONTEXT', 'DOCKER_API_VERSION', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'])
    expect(at({ [name]: 'default' })).toBeUndefined();
  const config = (content: string) => writeFileSync(join(DOCKER_CONFIG, 'config.json'), content);
  config('{"auths": {}}');
  expect(at({})).toBe('/var/run/docker.sock');
  config('{"currentContext": "default"}');
  expect(at({})).toBe('/var/run/docker.sock');
  config('{"currentContext": "elsewhere"}');
  expect(at({})).toBeUndefined();
  config('no JSON');
  expect(at({})).toBeUndefined();
});

testWithDocker('its API and its client list the same images', async () => {
  const names = async (engine: ContainerEngine) => (await engine.imageNames()).sort();
  expect(await names(await byApi())).toContain(testImages().gateway);
  // Others may build images meanwhile.
  await expect
    .poll(async () => isDeepStrictEqual(await names(await byApi()), await names(dockerClient)))
    .toBe(true);
});

test('does not use the API without a client, which other requests need', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  const engine = await byApi();
  vi.unstubAllEnvs();
  expect(engine.kind).toBe('client');
});
