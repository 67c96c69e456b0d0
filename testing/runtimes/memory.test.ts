import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { Runtime } from '../../agent/sandbox/plan/runtime.ts';
import { testBubblewrap, testWithBubblewrap } from '../support/bubblewrap.ts';
import { testWithDocker } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startPod } from '../support/pod.ts';

/** Takes 2 GB as fast as it can. */
const ONE_PROCESS = `const kept = [];
  for (let taken = 0; taken < 2_000; taken += 100) kept.push(Buffer.alloc(100 << 20, 1));
  console.log('has it');`;

/** Forty processes that take 100 MB each, all at once, with few threads, of which there may be 128. */
const FORTY_CHILDREN = `
  const { spawn } = await import('node:child_process');
  const few = ['--single-threaded', '--v8-pool-size=0', '--disable-sigusr1'];
  const take = "const kept = Buffer.alloc(100 << 20, 1); process.stdout.write('up'); setTimeout(() => kept, 30_000)";
  const [holding, settled] = [new Set(), []];
  for (let each = 0; each < 40; each += 1) {
    const child = spawn(process.execPath, [...few, '-e', take], { stdio: ['ignore', 'pipe', 'ignore'] });
    settled.push(new Promise((done) => {
      child.on('error', done);
      child.on('exit', () => done(holding.delete(child)));
      child.stdout?.on('data', () => done(holding.add(child)));
    }));
  }
  await Promise.all(settled);
  let before;
  do {
    before = holding.size;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } while (holding.size < before);
  console.log(before + ' hold it');
  for (const child of holding) child.kill('SIGKILL');`;

async function taken(code: string, runtime?: () => Runtime) {
  const { server, node } = await startPod({ folder: temporaryFolder(), ...(runtime && { runtime }) });
  onTestFinished(() => server.stop());
  const said = node(code).catch(() => '');
  // It may hear that its program ended before it hears that the pod did.
  const ended = await Promise.race([server.exited, said.then(() => delay(2_000, 'runs on'))]);
  return { ended, said: await said };
}

testWithDocker('Docker: who takes 2 GB is killed by the kernel', async () => {
  expect((await taken(ONE_PROCESS)).said).not.toBe('has it');
});

testWithDocker('Docker: of forty children with 100 MB each, ten at most live', async () => {
  const { said } = await taken(FORTY_CHILDREN);
  // Killed with its children, it says nothing.
  if (said !== '') expect(Number(/^(\d+) hold it$/.exec(said)?.[1])).toBeLessThanOrEqual(10);
});

testWithBubblewrap.each([
  ['one process that takes 2 GB', ONE_PROCESS],
  ['forty children with 100 MB each', FORTY_CHILDREN],
])('bubblewrap: the pod is ended for %s', async (_who, code) => {
  const { ended, said } = await taken(code, testBubblewrap);
  expect(ended).toBe('exit code 137');
  expect(said).not.toMatch(/has it|hold it/);
});
