import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { testBubblewrap, testWithBubblewrap } from '../../support/bubblewrap.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { household } from '../../support/household.ts';
import { inFull, ofToday } from '../../support/in-full.ts';
import { modelServer } from '../../support/model-server.ts';
import { startPod } from '../../support/pod.ts';
import { isAlive } from '../../support/processes.ts';
import { demo, REPO } from '../../support/run.ts';

/** Folders of this process's own runs; what programs of ours make goes into a temporary folder of the test's. */
const ownFolders = () =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`spendwise-run-${process.pid}-`));

/** A mark in PATH, which is all that bwrap gets: what it makes can be told from the pods of others. */
const MARK = `/nonexistent/spendwise-test-${process.pid}`;
process.env.PATH = `${process.env.PATH}:${MARK}`;

/** Processes that hold a pod of ours: as long as one of its processes lives, so does its first, which bears the mark. */
const pods = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && /\0?PATH=/.test(read(pid, 'environ')) && read(pid, 'environ').includes(MARK))
    .filter((pid) =>
      /^(\/usr\/bin\/)?(bwrap|unshare|setpriv)\0|^\/bin\/sh\0-c\0set -e/.test(read(pid, 'cmdline')),
    );
const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
};
/** Of this process, however far down. */
const descendants = (of = process.pid): number[] =>
  read(of, `task/${of}/children`)
    .split(' ')
    .filter(Boolean)
    .flatMap((child) => [Number(child), ...descendants(Number(child))]);
const named = (part: string) => descendants().filter((pid) => read(pid, 'cmdline').includes(part));
const gone = () => expect.poll(pods).toEqual([]);

const host = (args: string[], env: Record<string, string>) =>
  spawn(process.execPath, [`${REPO}agent/spendwise.js`, ...args, '--yes', '--runtime', 'bubblewrap'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });

/** `agent ask` with both servers in pods, waiting for a model that does not answer. */
async function running(): Promise<{ child: ChildProcess; scratch: string }> {
  const { env } = await household();
  const model = await modelServer(() => {});
  const scratch = temporaryFolder();
  const child = host(['agent', 'ask', 'hi'], { ...env, OPENAI_BASE_URL: model.url, TMPDIR: scratch });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(model.requests).toBe(1);
  expect(pods().length).toBeGreaterThan(3);
  return { child, scratch };
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
    const scratch = temporaryFolder();
    const ran = await demo(['--json', '--runtime', 'bubblewrap'], {
      env: { TMPDIR: scratch },
    });
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
    expect(readdirSync(scratch)).toEqual([]);
  },
);

testWithBubblewrap.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s leaves nothing', async (signal) => {
  const { child, scratch } = await running();
  child.kill(signal);
  expect(await once(child, 'exit')).toEqual([signal === 'SIGHUP' ? 129 : 130, null]);
  await gone();
  expect(readdirSync(scratch)).toEqual([]);
});

testWithBubblewrap('after kill -9 of the host, the pods end by themselves', async () => {
  const { child, scratch } = await running();
  child.kill('SIGKILL');
  await gone();
  expect(readdirSync(scratch)).toEqual([]);
});

testWithBubblewrap('kill -9 of the host at any moment of a start leaves nothing', async () => {
  const { env } = await household();
  for (const after of ofToday([300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850], 3)) {
    const child = host(['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`], env);
    const exited = once(child, 'exit');
    await delay(after);
    child.kill('SIGKILL');
    await exited;
    await gone();
  }
});

testWithBubblewrap('SIGTERM at any moment of a start ends it and leaves nothing', async () => {
  const { env } = await household();
  for (const after of ofToday([150, 300, 450, 600, 800, 1000], 2)) {
    const child = host(['sandbox', 'run', `${REPO}mcp-server-sms/sandbox.json`], env);
    const exited = once(child, 'exit');
    await delay(after);
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const [code, signal] = await exited;
    clearTimeout(late);
    expect(signal).not.toBe('SIGKILL');
    expect([130, null]).toContain(code);
    await gone();
  }
});

testWithBubblewrap(
  'stops a server that ignores the end of stdin and SIGTERM, with its children',
  async () => {
    const { server } = await pod(STUBBORN);
    await once(server.stdout, 'data');
    const [child] = named('stubborn');
    expect(child).toBeDefined();
    await server.stop();
    expect(pods()).toEqual([]);
    // It was killed; on a busy machine it takes a moment to be gone.
    await expect.poll(() => isAlive(child ?? 0)).toBe(false);
  },
);

testWithBubblewrap('stops a server that closed its stdout and stayed', async () => {
  const { server } = await pod("import fs from 'node:fs'; fs.closeSync(1); setInterval(() => {}, 1000);");
  await server.stop();
  expect(pods()).toEqual([]);
});

testWithBubblewrap('when the server ends by itself, its gateway ends with the same exit code', async () => {
  const { server } = await pod(`${STUBBORN} setTimeout(() => process.exit(3), 300);`);
  expect(await server.exited).toBe('exit code 3');
  await gone();
});

testWithBubblewrap('when its relay is killed, the server ends too', async () => {
  const { server } = await pod(STUBBORN);
  await once(server.stdout, 'data');
  for (const relay of named('relay.mjs')) process.kill(relay, 'SIGKILL');
  await server.exited;
  await gone();
});

/** `npm run soak` has twenty. */
const ROUNDS = inFull ? 20 : 4;

testWithBubblewrap('starts and stops leave no process and no folder', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { server } = await pod("process.stdin.resume(); process.stdout.write('up');");
    await once(server.stdout, 'data');
    await server.stop();
    expect(pods()).toEqual([]);
  }
  expect(ownFolders()).toEqual([]);
});
