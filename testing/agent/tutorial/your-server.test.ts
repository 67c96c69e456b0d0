import { afterAll, beforeAll, describe, test } from 'vitest';
import { bubblewrapAvailable } from '../../support/bubblewrap.ts';
import { dockerAvailable } from '../../support/docker.ts';
import { Reader } from '../../support/reader.ts';
import { terminalAvailable } from '../../support/reader-shell.ts';

/** The part of lesson 11 that is typed outside of the clone. pages.test.ts types the rest. */
describe.each([
  { runtime: 'docker', env: {}, available: dockerAvailable },
  {
    runtime: 'bubblewrap',
    env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    available: bubblewrapAvailable,
  },
])('on $runtime, a reader of lesson 11', ({ env, available }) => {
  const runs = available && terminalAvailable;
  let reader: Reader;
  beforeAll(() => {
    if (runs) reader = new Reader('agent/tutorial/11-your-server/README.md', env);
  });
  afterAll(() => reader?.close());

  test.skipIf(!runs)('writes a server', () => reader.read('Write it'));
  test.skipIf(!runs)('grants one permission of two, runs it, and reads the log', () => reader.read('Run it'));
});
