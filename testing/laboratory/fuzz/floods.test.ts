import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { cost } from '../../support/cost.ts';
import { fakeServer } from '../../support/fake-server.ts';

const MB = 1024 * 1024;
const memory = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

type Fake = Awaited<ReturnType<typeof fakeServer>>;
let fake: Fake;
afterEach(() => fake?.transport.close());

/** Writes without end, as a hostile server would, until it is ended or has written it all. */
async function flood(chunk: Buffer, bytes: number, to: 'stdout' | 'stderr' = 'stdout') {
  fake = await fakeServer();
  const before = memory();
  let most = 0;
  for (let sent = 0; sent < bytes && fake.transport.ended === undefined; sent += chunk.length) {
    // A pipe gives new bytes each time.
    fake[to].write(Buffer.from(chunk));
    await turn();
    // The fake's own list.
    fake.messages.length = 0;
    // Of what was not collected yet, nothing is kept.
    if (memory() - before > 100 * MB) collect();
    most = Math.max(most, memory() - before);
  }
  return { most, ended: fake.transport.ended };
}

test('an endless line ends the server, and is not kept', async () => {
  const { most, ended } = await flood(Buffer.alloc(64 * 1024, 'x'), 300 * MB);
  expect(ended).toBe('a line of more than 10485760 bytes');
  expect(fake.errors.at(-1)?.message).toBe(ended);
  expect(most).toBeLessThan(100 * MB);
});

test('endless nonsense ends the server, and costs little time', async () => {
  let ended: string | undefined;
  const spent = await cost(async () => {
    ({ ended } = await flood(Buffer.from('{}\n'.repeat(20_000)), 300 * MB));
  });
  expect(ended).toBe('too many lines that are not MCP messages');
  expect(fake.errors.length).toBeLessThan(1_100);
  expect(spent).toBeLessThan(2_000);
});

test('does not keep endless messages and stderr', async () => {
  const params = { text: 'x'.repeat(60_000) };
  const line = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/x', params });
  const { most, ended } = await flood(Buffer.from(`${line}\n`), 200 * MB);
  expect(ended).toBe(undefined);
  expect(most).toBeLessThan(100 * MB);
  expect((await flood(Buffer.alloc(64 * 1024, 'x\u001b[2J'), 200 * MB, 'stderr')).most).toBeLessThan(
    100 * MB,
  );
  expect(fake.transport.stderr.length).toBeLessThanOrEqual(4_096);
});
