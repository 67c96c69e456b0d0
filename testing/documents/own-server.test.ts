import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bubblewrapAvailable } from '../support/bubblewrap.ts';
import { dockerAvailable } from '../support/docker.ts';
import { dockerRequired } from '../support/docker-required.ts';
import { blocksOf } from '../support/document.ts';
import { Reader } from '../support/reader.ts';
import { terminalAvailable } from '../support/reader-shell.ts';

/** The page, block by block, as a reader goes through it: in a folder of their own, on a terminal. */
const PAGE = 'agent/sandbox/OWN-SERVER.md';
const START = 'Five commands';
const PROCESS = 'With neither Docker nor bubblewrap';

if (!terminalAvailable) {
  if (dockerRequired) throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no `script` of util-linux');
  process.stderr.write('SKIPPED: no `script` of util-linux, which makes a terminal: OWN-SERVER.md\n');
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return String(typeof address === 'object' ? address?.port : undefined);
}

const open = async (env: Record<string, string>): Promise<Reader> =>
  new Reader(PAGE, env, { '8765': await freePort() });

const noEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
const sections = [...new Set(blocksOf(PAGE).map(({ section }) => section))];

describe.each([
  { runtime: 'docker', env: {}, available: dockerAvailable },
  { runtime: 'bubblewrap', env: noEngine, available: bubblewrapAvailable },
])('on $runtime, the page is true:', ({ env, available }) => {
  let reader: Reader;
  const runs = available && terminalAvailable;
  beforeAll(async () => {
    if (runs) reader = await open(env);
  });
  afterAll(() => reader?.close());

  const told = sections.filter((name) => name !== PROCESS);
  test.skipIf(!runs).each(told)('%s', (section) => reader.read(section), 600_000);
});

test.skipIf(!terminalAvailable)(`on process, the page is true: ${PROCESS}`, async () => {
  const reader = await open({});
  try {
    await reader.read(START, 2);
    await reader.read(PROCESS);
  } finally {
    await reader.close();
  }
});
