import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { testBubblewrap, testWithBubblewrap } from '../support/bubblewrap.ts';
import { temporaryFolder } from '../support/folder.ts';
import { household } from '../support/household.ts';
import { modelServer } from '../support/model-server.ts';
import { startPod } from '../support/pod.ts';
import { demo, REPO } from '../support/run.ts';

const folders = () => readdirSync(tmpdir()).filter((name) => /^spendwise-(run|demo)-/.test(name));

/** Processes of pods: bwrap, relay and server. */
const pods = () =>
  execFileSync('ps', ['-eo', 'pid,stat,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((row) => /\/run\/spendwise\/|--info-fd 6|unshare --mount -- \/bin\/sh|stubborn/.test(row))
    .filter((row) => !/^\s*\d+ Z/.test(row));
const gone = () => expect.poll(pods, { timeout: 5_000 }).toEqual([]);

const host = (args: string[], env: Record<string, string>) =>
  spawn(process.execPath, [`${REPO}agent/spendwise.js`, ...args, '--yes', '--runtime', 'bubblewrap'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });

/** `agent ask` with both servers in pods, waiting for a model that does not answer. */
async function running(): Promise<ChildProcess> {
  const { env } = await household();
  const model = await modelServer(() => {});
  const child = host(['agent', 'ask', 'hi'], { ...env, OPENAI_BASE_URL: model.url });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(model.requests, { timeout: 20_000 }).toBe(1);
  expect(pods().length).toBeGreaterThan(5);
  return child;
}

const STUBBORN = `import { spawn } from 'node:child_process';
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {});
  spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)", 'stubborn'],
    { detached: true, stdio: 'ignore' }).unref();
  process.stdin.resume(); setInterval(() => {}, 1000); process.stdout.write('up');`;

const pod = (code: string) => startPod({ folder: temporaryFolder(), runtime: testBubblewrap, code });

testWithBubblewrap(
  'the demo sends both texts, leaves nothing, and its attempts from inside are denied',
  async () => {
    const before = folders();
    const ran = await demo(['--json', '--runtime', 'bubblewrap'], { timeoutMs: 25_000 });
    expect(ran.code).toBe(0);
    const { runtime, messages, egress } = JSON.parse(ran.stdout);
    expect(runtime).toBe('bubblewrap');
    expect(messages).toHaveLength(2);
    const row = (e: { server: string; host: string; verdict: string }) =>
      `${e.server} ${e.verdict} ${e.host}`;
    expect(egress.map(row)).toEqual(
      expect.arrayContaining([
        'mcp-server-sms allowed api.twilio.com',
        'mcp-server-sms denied collector.example',
      ]),
    );
    await gone();
    expect(folders()).toEqual(before);
  },
);

testWithBubblewrap.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s leaves nothing', async (signal) => {
  const before = folders();
  const child = await running();
  child.kill(signal);
  expect(await once(child, 'exit')).toEqual([130, null]);
  await gone();
  expect(folders()).toEqual(before);
});

testWithBubblewrap('kill -9 of the host: the pods end by themselves', async () => {
  const before = folders();
  const child = await running();
  child.kill('SIGKILL');
  await gone();
  expect(folders()).toEqual(before);
});

testWithBubblewrap('kill -9 of the host at any moment of a start leaves nothing', async () => {
  const { env } = await household();
  for (let after = 300; after < 900; after += 25) {
    const child = host(['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`], env);
    const exited = once(child, 'exit');
    await delay(after);
    child.kill('SIGKILL');
    await exited;
    await gone();
  }
});

testWithBubblewrap('SIGTERM at any moment of a start is heard, and leaves nothing', async () => {
  const { env } = await household();
  for (const after of [150, 300, 450, 600, 800]) {
    const child = host(['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`], env);
    const exited = once(child, 'exit');
    await delay(after);
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 8_000);
    const [code, signal] = await exited;
    clearTimeout(late);
    expect(signal).not.toBe('SIGKILL');
    expect([130, null]).toContain(code);
    await gone();
  }
});

testWithBubblewrap(
  'a server that ignores the end of stdin and SIGTERM is gone after stop, its children too',
  async () => {
    const { server } = await pod(STUBBORN);
    await once(server.stdout, 'data');
    expect(pods().some((row) => row.includes('stubborn'))).toBe(true);
    await server.stop();
    expect(pods()).toEqual([]);
  },
);

testWithBubblewrap('a server that closes its stdout and stays is gone after stop', async () => {
  const { server } = await pod("import fs from 'node:fs'; fs.closeSync(1); setInterval(() => {}, 1000);");
  await server.stop();
  expect(pods()).toEqual([]);
});

testWithBubblewrap('when the server ends by itself, so does its gateway, with its code', async () => {
  const { server } = await pod(`${STUBBORN} setTimeout(() => process.exit(3), 300);`);
  expect(await server.exited).toBe('exit code 3');
  await gone();
});

testWithBubblewrap('when its relay is killed, so is the server', async () => {
  const { server } = await pod(STUBBORN);
  await once(server.stdout, 'data');
  const relay = Number(
    pods()
      .find((row) => row.includes('relay.mjs'))
      ?.trim()
      .split(' ')[0],
  );
  process.kill(relay, 'SIGKILL');
  await server.exited;
  await gone();
});

testWithBubblewrap('twenty starts and stops leave no process and no folder', async () => {
  const before = folders();
  for (let round = 0; round < 20; round += 1) {
    const { server } = await pod("process.stdin.resume(); process.stdout.write('up');");
    await once(server.stdout, 'data');
    await server.stop();
    expect(pods()).toEqual([]);
  }
  expect(folders()).toEqual(before);
});
