import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { ConsentMissing } from '../../../agent/errors.ts';
import { ToolGate } from '../../../agent/sandbox/tool-gate.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const message = (fields: object) => ({ jsonrpc: '2.0', ...fields }) as JSONRPCMessage;
const list = (...names: string[]) => ({ tools: names.map((name) => ({ name, inputSchema: {} })) });

/** A gate before a server that is played by the test. */
function gate(accept: (names: string[]) => Promise<void> | void, capabilities: object = { tools: {} }) {
  const sent: JSONRPCMessage[] = [];
  const received: JSONRPCMessage[] = [];
  let closed = false;
  const server = {
    start: async () => {},
    send: async (m: JSONRPCMessage) => void sent.push(m),
    close: async () => {
      closed = true;
      server.onclose?.();
    },
    pause: () => {},
    resume: () => {},
    onclose: undefined as (() => void) | undefined,
    onerror: undefined,
    onmessage: undefined as ((m: JSONRPCMessage) => void) | undefined,
  };
  const made = new ToolGate(server, async (tools) => accept(Object.keys(tools)));
  made.onmessage = (m) => void received.push(m);
  const hello = async () => {
    await made.send(message({ id: 0, method: 'initialize' }));
    server.onmessage?.(message({ id: 0, result: { capabilities } }));
    await turn();
    await made.send(message({ method: 'notifications/initialized' }));
  };
  const ours = () =>
    sent.findLast((m) => 'id' in m && String(m.id).startsWith('spendwise-')) as { id: string };
  const answer = async (fields: object) => {
    server.onmessage?.(message(fields));
    await turn();
    await turn();
  };
  return { made, sent, received, hello, ours, answer, isClosed: () => closed };
}
const methods = (messages: JSONRPCMessage[]) => messages.map((m) => ('method' in m ? m.method : 'answer'));

test('no request reaches the server before its tools were seen; then all do, in order', async () => {
  const seen: string[][] = [];
  const { made, sent, received, hello, ours, answer } = gate((names) => void seen.push(names));
  await hello();
  await made.send(message({ id: 1, method: 'tools/call' }));
  await made.send(message({ id: 2, method: 'resources/list' }));
  await made.send(message({ id: 3, method: 'ping' }));
  expect(methods(sent)).toEqual(['initialize', 'notifications/initialized', 'tools/list', 'ping']);
  await answer({ id: ours().id, result: { ...list('a'), nextCursor: 'more' } });
  await answer({ id: ours().id, result: list('b') });
  expect(seen).toEqual([['a', 'b']]);
  expect(methods(sent).slice(-2)).toEqual(['tools/call', 'resources/list']);
  // Our own requests are none of the client's business.
  expect(received).toHaveLength(1);
});

test('tools that are not accepted: what waits is answered with the reason, and the server is closed', async () => {
  const { made, sent, received, hello, ours, answer, isClosed } = gate(() =>
    Promise.reject(new ConsentMissing('its tools have changed', 'grant it')),
  );
  await hello();
  await made.send(message({ id: 1, method: 'tools/call' }));
  await answer({ id: ours().id, result: list('evil') });
  await made.send(message({ id: 2, method: 'tools/call' }));
  expect(received.slice(1)).toEqual([
    expect.objectContaining({
      id: 1,
      error: expect.objectContaining({ message: expect.stringMatching(/tools have changed/) }),
    }),
    expect.objectContaining({ id: 2, error: expect.anything() }),
  ]);
  expect(methods(sent)).not.toContain('tools/call');
  expect(isClosed()).toBe(true);
  expect(made.refused).toBeInstanceOf(ConsentMissing);
});

test('a rug pull in mid-session: a later list is looked at before the client sees it, and nothing overtakes it', async () => {
  const { made, received, hello, ours, answer } = gate(async (names) => {
    await turn();
    if (names.includes('evil')) throw new ConsentMissing('changed', 'grant it');
  });
  await hello();
  await answer({ id: ours().id, result: list('a') });
  await turn();
  await made.send(message({ id: 1, method: 'tools/list' }));
  await answer({ id: 1, result: list('a') });
  await turn();
  expect(received.at(-1)).toMatchObject({ id: 1, result: list('a') });
  await made.send(message({ id: 2, method: 'tools/list' }));
  await answer({ id: 2, result: list('a', 'evil') });
  await answer({ method: 'notifications/message' });
  await turn();
  expect(received.at(-1)).toMatchObject({ id: 2, error: { code: -32_001 } });
});

test('a server without tools is not asked for any', async () => {
  const { made, sent, hello } = gate(() => {}, { prompts: {} });
  await hello();
  await made.send(message({ id: 1, method: 'prompts/list' }));
  expect(methods(sent)).toEqual(['initialize', 'notifications/initialized', 'prompts/list']);
});
