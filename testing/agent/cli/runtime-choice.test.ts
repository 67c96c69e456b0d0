import { expect, test } from 'vitest';
import { testWithBubblewrap } from '../../support/bubblewrap.ts';
import { demo, REPO, runProgram, SOURCES } from '../../support/run.ts';

const noEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
/** Neither a Docker client nor bwrap is found. */
const nothing = { PATH: '/nonexistent' };

test('auto without an engine and without bubblewrap falls back to processes, and says why and what is lost', async () => {
  const ran = await demo([], { env: nothing });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(
    /no Docker \(.*\): falling back to plain processes, without a boundary; the bubblewrap runtime is not available: /,
  );
  expect(ran.stdout).toContain('NOT A SANDBOX');
});

testWithBubblewrap('auto without an engine takes bubblewrap, and says why and what is lost', async () => {
  const ran = await demo(['--json'], { env: noEngine });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/no Docker \(.*\): using bubblewrap, which does not limit memory and CPU/);
  expect(JSON.parse(ran.stdout)).toMatchObject({ runtime: 'bubblewrap' });
});

test('docker without an engine, or without a client, is an error', async () => {
  for (const env of [noEngine, nothing]) {
    const ran = await demo(['--json', '--runtime', 'docker'], { env });
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toMatch(/^error: the docker runtime is not available: .*\nhint: .*\n$/m);
  }
});

test('bubblewrap without bwrap is an error that says how to get it', async () => {
  const ran = await demo(['--json', '--runtime', 'bubblewrap'], { env: nothing });
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  const hint = process.platform === 'linux' ? 'apt-get install -y bubblewrap' : '--runtime docker';
  expect(ran.stderr).toMatch(
    new RegExp(`^error: the bubblewrap runtime is not available: .*\nhint: .*${hint}\n$`, 'm'),
  );
});

testWithBubblewrap('where namespaces are shut, the error says so', async () => {
  // A user namespace that may have none within, as a hardened system or a container does.
  const shut = ['--unshare-user', '--disable-userns', '--dev-bind', '/', '/', '--proc', '/proc'];
  const ran = await runProgram('bwrap', [
    ...shut,
    process.execPath,
    SOURCES,
    `${REPO}testing/demo/main.ts`,
    '--runtime',
    'bubblewrap',
  ]);
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(
    /^error: the bubblewrap runtime is not available: .*\nhint: .*--runtime docker\n$/m,
  );
});
