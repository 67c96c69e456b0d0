import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ServerTransport } from '../../../../agent/sandbox/protocol/transport.ts';

/** A server that never reads. */
async function deaf(helloMs?: number) {
  let exit = (_how: string) => {};
  const exited = new Promise<string>((resolve) => {
    exit = resolve;
  });
  const stdin = new Writable({ highWaterMark: 1, write: () => {} });
  const stdout = new PassThrough();
  const server = { stdin, stdout, stderr: new PassThrough(), exited, stop: async () => exit('stopped') };
  const runtime = { kind: 'fake', isolated: false, start: async () => server };
  const plan = { manifest: { name: 'x', digest: '' }, env: {} };
  const transport = new ServerTransport({ runtime, plan, helloMs } as never);
  await transport.start();
  return { transport, stdin, stdout };
}

test.each([
  ['many sends', 1_001, ''],
  ['many bytes', 5, 'x'.repeat(4 * 1024 * 1024)],
])('ends a server that leaves %s unread, and uses one listener for all sends', async (_what, count, text) => {
  const { transport, stdin } = await deaf();
  const sends = [];
  for (let n = 0; n < count; n += 1)
    sends.push(
      transport.send({ jsonrpc: '2.0', method: 'notifications/x', params: { text } }).catch(() => {}),
    );
  expect(stdin.listenerCount('drain')).toBeLessThanOrEqual(1);
  await Promise.all(sends);
  await expect.poll(() => transport.ended).toBe('it does not read its input');
});

test("a server's request with the id of initialize is not its answer", async () => {
  const { transport, stdout } = await deaf(50);
  void transport.send({ jsonrpc: '2.0', id: 0, method: 'initialize' });
  stdout.write('{"jsonrpc":"2.0","id":0,"method":"ping"}\n');
  await expect.poll(() => transport.ended).toMatch(/did not answer initialize/);
});
