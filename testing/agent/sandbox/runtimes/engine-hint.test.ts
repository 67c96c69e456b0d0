import { expect, test } from 'vitest';
import { engineHint } from '../../../../agent/sandbox/runtimes/docker/engine-hint.ts';

const SOCKET =
  'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';

test.each([
  [
    `${SOCKET}: Get "http://x/images/json": dial unix /var/run/docker.sock: connect: permission denied`,
    /group docker/,
  ],
  [
    'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock',
    /group docker/,
  ],
  ['connect EACCES /var/run/docker.sock', /group docker/],
  ['connect ECONNREFUSED /var/run/docker.sock', /check that the Docker engine is running/],
  [
    'Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?',
    /check that the Docker engine is running/,
  ],
  [
    'OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown',
    /not in the image/,
  ],
  ['exec: "/nope": stat /nope: no such file or directory: unknown', /not in the image/],
  ['crun: executable file `nope` not found in $PATH: No such file or directory', /not in the image/],
  ['No command specified', /no entry point/],
  ['exec /server: exec format error', /another kind of processor/],
  ['some other trouble', /docker info/],
])('%s: a hint that helps', (said, hint) => {
  expect(engineHint(said)).toMatch(hint);
});
