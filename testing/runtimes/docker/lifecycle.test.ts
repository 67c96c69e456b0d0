import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished } from 'vitest';
import { MCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import { dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { reap } from '../../../agent/sandbox/runtimes/docker/reaper.ts';
import { docker, ourContainers, testImages, testWithDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { household } from '../../support/household.ts';
import { ofToday } from '../../support/in-full.ts';
import { modelServer } from '../../support/model-server.ts';
import { startPod } from '../../support/pod.ts';
import { isAlive } from '../../support/processes.ts';
import { demo, REPO } from '../../support/run.ts';

/** For this process and what it starts: folders of others' runs are elsewhere. */
const TMPDIR = mkdtempSync(join(tmpdir(), 'spendwise-test-lifecycle-'));
process.env.TMPDIR = TMPDIR;
afterAll(() => rmSync(TMPDIR, { recursive: true, force: true }));

const folders = () => readdirSync(TMPDIR).filter((name) => /^spendwise-(run|demo)-/.test(name));
const gone = () => expect.poll(ourContainers).toEqual([]);

/** A context that is named is left to the client. */
const engines = [
  ['its API', {}],
  ['its client', { DOCKER_CONTEXT: 'default' }],
] as const;
/** What the suite itself was told of the engine. */
const { DOCKER_CONTEXT } = process.env;
const bare = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR,
  ...(DOCKER_CONTEXT ? { DOCKER_CONTEXT } : {}),
};

/** `agent ask` with both servers in containers, waiting for a model that does not answer. */
async function running(containers = 4, variables: Record<string, string> = {}): Promise<ChildProcess> {
  testImages();
  const { env } = await household();
  const model = await modelServer(() => {});
  const args = [`${REPO}agent/spendwise.js`, 'agent', 'ask', 'hi', '--yes', '--runtime', 'docker'];
  const child = spawn(process.execPath, args, {
    env: { ...bare, ...env, ...variables, OPENAI_BASE_URL: model.url },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(model.requests).toBe(1);
  expect(ourContainers()).toHaveLength(containers);
  return child;
}

testWithDocker('the demo leaves nothing, and its attempts from inside are denied', async () => {
  testImages();
  const before = folders();
  const ran = await demo(['--json', '--runtime', 'docker'], { env: { TMPDIR } });
  expect(ran.code).toBe(0);
  const { runtime, messages, egress } = JSON.parse(ran.stdout);
  expect(runtime).toBe('docker');
  expect(messages).toHaveLength(2);
  const row = (e: { server: string; host: string; verdict: string }) => `${e.server} ${e.verdict} ${e.host}`;
  expect(egress.map(row)).toEqual(
    expect.arrayContaining([
      'mcp-server-sms allowed api.twilio.com',
      'mcp-server-sms denied collector.example',
    ]),
  );
  await gone();
  expect(folders()).toEqual(before);
});

/** One a day of those that the host hears alike; the bubblewrap tests send all. */
testWithDocker.each(ofToday(['SIGINT', 'SIGTERM', 'SIGHUP'] as const, 3))(
  '%s leaves nothing',
  async (signal) => {
    const before = folders();
    const child = await running();
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([signal === 'SIGHUP' ? 129 : 130, null]);
    expect(ourContainers()).toEqual([]);
    expect(folders()).toEqual(before);
  },
);

testWithDocker.each(engines)(
  '%s: after kill -9 of the host, the pods end by themselves, and the next start removes the rest',
  async (_, variables) => {
    const before = folders();
    const child = await running(4, variables);
    child.kill('SIGKILL');
    await gone();
    await reap();
    expect(folders()).toEqual(before);
  },
);

testWithDocker.each(engines)(
  '%s: kill -9 at any moment of a start leaves nothing running',
  async (_, variables) => {
    testImages();
    const { env } = await household();
    const args = [`${REPO}agent/spendwise.js`, 'sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`];
    for (const after of ofToday([400, 500, 600, 700, 800, 900], 3)) {
      const child = spawn(process.execPath, [...args, '--yes', '--runtime', 'docker'], {
        env: { ...bare, ...env, ...variables },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      await new Promise((resolve) => setTimeout(resolve, after));
      child.kill('SIGKILL');
    }
    const alive = () => docker('ps', '-q', '--filter', 'label=spendwise.host');
    await expect.poll(alive).toBe('');
    await reap();
    await gone();
  },
);

testWithDocker.each(['gateway', 'workload'])(
  'kill -9 of a %s ends the run, and leaves nothing',
  async (part) => {
    const child = await running();
    const [victim] = ourContainers().filter((name) => name.endsWith(part));
    docker('kill', '-s', 'KILL', victim ?? '');
    child.kill('SIGINT');
    await once(child, 'exit');
    await gone();
  },
);

testWithDocker('a server that ignores the end of stdin and SIGTERM is gone after stop', async () => {
  const code = "process.on('SIGTERM', () => {}); process.stdin.resume(); setInterval(() => {}, 1000);";
  const pod = await startPod({ folder: temporaryFolder(), code });
  await pod.server.stop();
  for (const name of pod.server.containers ?? []) expect(ourContainers()).not.toContain(name);
});

testWithDocker('when the server ends by itself, its gateway ends too', async () => {
  const pod = await startPod({ folder: temporaryFolder(), code: 'setTimeout(() => process.exit(3), 200);' });
  expect(await pod.server.exited).toBe('exit code 3');
  await gone();
});

testWithDocker('when its gateway is killed, the server ends too', async () => {
  const pod = await startPod({ folder: temporaryFolder(), code: 'setInterval(() => {}, 1000);' });
  docker('kill', '-s', 'KILL', pod.server.containers?.[0] ?? '');
  await pod.server.exited;
  await gone();
});

testWithDocker('SIGTERM at any moment of a start ends it and leaves nothing', async () => {
  testImages();
  const { env } = await household();
  const before = folders();
  for (const after of ofToday([150, 300, 450, 600, 800, 1000], 3)) {
    const args = [
      `${REPO}agent/spendwise.js`,
      'sandbox',
      'run',
      `${REPO}mcp-server-sms/sandbox.json`,
      '--yes',
      '--runtime',
      'docker',
    ];
    const child = spawn(process.execPath, args, {
      env: { ...bare, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const exited = once(child, 'exit');
    await new Promise((resolve) => setTimeout(resolve, after));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const [code, signal] = await exited;
    clearTimeout(late);
    expect(signal).not.toBe('SIGKILL');
    expect([130, null]).toContain(code);
  }
  await gone();
  expect(folders()).toEqual(before);
});

testWithDocker('a start that fails half-way leaves nothing', async () => {
  const { gateway, node } = testImages();
  const before = folders();
  const manifest = new MCPManifest({
    name: 'x',
    registry: 'npm',
    packageName: 'x',
    image: 'spendwise-no-such-image:1',
    permissions: [],
  });
  const plan = launchPlan(manifest, { granted: [], refused: [] }, {});
  const started = await dockerRuntime({ images: { gateway, node, local: new Map() } })
    .start(plan, () => {})
    .catch((error) => error);
  if (!(started instanceof Error)) {
    expect(await started.exited).toBe('exit code 125');
    await started.stop();
  }
  await gone();
  expect(folders()).toEqual(before);
});

testWithDocker('two runs at the same time do not end each other', async () => {
  const [first, second] = [await running(), await running(8)];
  first.kill('SIGKILL');
  await expect.poll(ourContainers).toHaveLength(4);
  await reap();
  expect(ourContainers()).toHaveLength(4);
  expect(isAlive(second.pid ?? 0)).toBe(true);
  second.kill('SIGINT');
  await once(second, 'exit');
  await gone();
});

testWithDocker('reaps containers and folders of killed hosts, and no others', async () => {
  const { gateway } = testImages();
  const host = (await import('node:os')).hostname();
  docker('create', '--name', 'spendwise-test-left', '--label', `spendwise.host=${host}/999999999/1`, gateway);
  docker(
    'create',
    '--name',
    'spendwise-test-other',
    '--label',
    'spendwise.host=another-machine/1/1',
    gateway,
  );
  onTestFinished(() => void docker('rm', '-f', 'spendwise-test-other'));
  mkdtempSync(join(TMPDIR, 'spendwise-run-999999999-'));
  await reap();
  expect(ourContainers()).toEqual(['spendwise-test-other']);
  expect(folders().filter((name) => name.includes('999999999'))).toEqual([]);
});
