import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { docker, testWithDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO, runProgram, spendwise } from '../../support/run.ts';

const SOCKET =
  'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';

function manifestOf(fields: object): string {
  const own = join(temporaryFolder(), 'server');
  mkdirSync(own);
  const path = join(own, 'm.json');
  writeFileSync(path, JSON.stringify({ name: 'lost', packageName: 'x', permissions: [], ...fields }));
  return path;
}

/** An image whose command is not in it: nothing is. */
function emptyImage(): string {
  const folder = temporaryFolder();
  execFileSync('tar', ['-cf', 'empty.tar', '-T', '/dev/null'], { cwd: folder });
  const id = docker('import', '--change', 'ENTRYPOINT ["no-such-server"]', join(folder, 'empty.tar')).trim();
  onTestFinished(() => void docker('image', 'rm', id));
  return id;
}

const client = { DOCKER_API_VERSION: '1.41' };

testWithDocker.each([
  ['the API', {}],
  // A variable that only the client understands.
  ['the client', client],
])('through %s, reports a command that is not in the image', async (_way, more) => {
  const path = manifestOf({ registry: 'oci', image: emptyImage() });
  const env = { SPENDWISE_STATE_DIR: join(temporaryFolder(), 'state'), ...more };
  const ran = await spendwise(['sandbox', 'run', path, '--yes', '--runtime', 'docker'], {
    env,
    keepInputOpen: true,
  });
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(/not in the image|exit code 127: its command was not found/);
  expect(ran.stderr).toContain('no-such-server');
  expect(ran.stderr).not.toContain('engine running');
});

testWithDocker('reports a missing command for mounted code', async () => {
  const path = manifestOf({ registry: 'npm', codeMount: '.', execCommand: ['no-such-server'] });
  const env = { SPENDWISE_STATE_DIR: join(temporaryFolder(), 'state') };
  const ran = await spendwise(['sandbox', 'run', path, '--yes', '--runtime', 'docker'], {
    env,
    keepInputOpen: true,
  });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(
    /lost ended by itself \(exit code 127: its command was not found\)\nhint: .*no-such-server/,
  );
});

/** A `docker` that says what Docker's says to somebody without rights. */
test('through the client, tells a user without rights on the socket what to do', async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'docker'),
    `#!/bin/sh\necho '${SOCKET}: connect: permission denied' >&2\nexit 1\n`,
  );
  chmodSync(join(folder, 'docker'), 0o755);
  const path = manifestOf({ registry: 'npm', codeMount: '.', execCommand: ['node'] });
  const env = {
    SPENDWISE_STATE_DIR: join(folder, 'state'),
    PATH: `${folder}:${process.env.PATH}`,
    // With a context only the client knows where the engine is.
    DOCKER_CONTEXT: 'default',
  };
  const ran = await spendwise(['sandbox', 'run', path, '--yes', '--runtime', 'docker'], { env });
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(/permission denied.*\nhint: .*add yourself to the group docker.*rootless/);
  expect(ran.stderr).not.toContain('engine running');
});

/** Root may use any socket, so this is nobody. */
const testAsRoot = process.getuid?.() === 0 ? testWithDocker : test.skip;

testAsRoot('tells a user without rights on the real socket what to do', async () => {
  const folder = temporaryFolder();
  const path = manifestOf({ registry: 'npm', codeMount: '.', execCommand: ['node'] });
  for (const place of [folder, dirname(path)]) chownSync(place, 65534, 65534);
  chmodSync(dirname(dirname(path)), 0o755);
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
  const command = [`${REPO}agent/spendwise.js`, 'sandbox', 'run', path, '--yes', '--runtime', 'docker'];
  const env = { HOME: folder, SPENDWISE_STATE_DIR: join(folder, 'state') };
  const ran = await runProgram('setpriv', [...nobody, ...command], { env, cwd: folder });
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(/permission denied.*\nhint: .*add yourself to the group docker/);
});
