import { expect, test } from 'vitest';
import { demo } from '../support/run.ts';

const noEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

test('auto without an engine falls back to processes, and says why and what is lost', async () => {
  const ran = await demo([], { env: noEngine });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/no Docker \(.*\): falling back to plain processes, without a boundary/);
  expect(ran.stdout).toContain('NOT A SANDBOX');
});

test('docker without an engine, or without a client, is an error', async () => {
  for (const env of [noEngine, { PATH: '/nonexistent' }]) {
    const ran = await demo(['--json', '--runtime', 'docker'], { env });
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toMatch(/^error: the docker runtime cannot be had: .*\nhint: .*\n$/m);
  }
});
