import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Runtime } from '../../agent/sandbox/plan/runtime.ts';
import { ServerTransport } from '../../agent/sandbox/protocol/transport.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { dockerClient } from '../../agent/sandbox/runtimes/docker/docker-command.ts';
import { processRuntime } from '../../agent/sandbox/runtimes/process.ts';
import { testBubblewrap, testWithBubblewrap } from '../support/bubblewrap.ts';
import { testImages, testWithDocker } from '../support/docker.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { plan } from '../support/fake-server.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startPod } from '../support/pod.ts';

const SPEAKS_AND_ENDS = "console.log('an answer'); console.error('a reason'); process.exitCode = 3;";

/** What is read of a server that had ended before anybody read. */
async function readLate(runtime: () => Runtime) {
  const { server } = await startPod({ folder: temporaryFolder(), code: SPEAKS_AND_ENDS, runtime });
  onTestFinished(() => server.stop());
  expect(await server.exited).toBe('exit code 3');
  return { stdout: await text(server.stdout), stderr: await text(server.stderr) };
}

const SAID = { stdout: 'an answer\n', stderr: 'a reason\n' };

testWithDocker.each([
  ['the API', undefined],
  ['the client', dockerClient],
])('Docker, through %s', async (_way, engine) => {
  const docker = () => dockerRuntime({ images: testImages(), ...(engine && { engine }) });
  expect(await readLate(docker)).toEqual(SAID);
});

testWithBubblewrap('bubblewrap', async () => {
  expect(await readLate(testBubblewrap)).toEqual(SAID);
});

test('a plain process', async () => {
  expect(await readLate(() => processRuntime({ unsandboxed: false }))).toEqual(SAID);
});

/** A server that writes without end is closed, while its client takes nothing. */
async function closeUnread(runtime: () => Runtime) {
  const code = `const flood = () => process.stdout.write('{"jsonrpc":"2.0","method":"x"}\\n'.repeat(30_000), flood);
    flood();`;
  const { server } = await startPod({ folder: temporaryFolder(), code, runtime });
  const transport = new ServerTransport({ runtime: fakeRuntime(async () => server), plan });
  const heard = new Promise<void>((resolve) => {
    transport.onmessage = () => {
      transport.pause();
      resolve();
    };
  });
  await transport.start();
  await heard;
  await transport.close();
  expect(transport.ended).toBeDefined();
}

testWithDocker.each([
  ['the API', undefined],
  ['the client', dockerClient],
])('Docker, through %s: a server that nobody reads is closed', async (_way, engine) => {
  await closeUnread(() => dockerRuntime({ images: testImages(), ...(engine && { engine }) }));
});

testWithBubblewrap('bubblewrap: a server that nobody reads is closed', () => closeUnread(testBubblewrap));

test('a plain process that nobody reads is closed', () =>
  closeUnread(() => processRuntime({ unsandboxed: false })));
