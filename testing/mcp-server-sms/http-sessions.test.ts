import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { expect, onTestFinished, test } from 'vitest';
import { serveHttp } from '../../mcp-server-sms/src/http/serve.ts';
import { INITIALIZE, smsOverHttp } from '../support/sms-http.ts';

/** Only the transport: a server with one tool that takes its time, until it is told to be done. */
async function served(limits: { max?: number; idleMs?: number }) {
  const told = Promise.withResolvers<void>();
  let waiting = 0;
  const newServer = () => {
    const server = new McpServer({ name: 'slow', version: '1' });
    server.registerTool('wait', {}, async () => {
      waiting += 1;
      await told.promise;
      return { content: [{ type: 'text', text: 'done' }] };
    });
    return server;
  };
  const settings = { host: '127.0.0.1', port: 0, token: undefined, allowedHosts: [], allowedOrigins: [] };
  const serving = await serveHttp(newServer, settings, limits);
  onTestFinished(() => serving.drain());
  return { url: serving.url, waiting: () => waiting, done: told.resolve };
}

async function connected(url: URL) {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(url) as Transport);
  onTestFinished(() => client.close());
  return client;
}

const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** A client that opens a session and is not heard of again; its id, or the status. */
async function abandoned(url: URL): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(INITIALIZE) });
  await answer.text();
  return answer.headers.get('mcp-session-id') ?? String(answer.status);
}
const ping = async (url: URL, id: string) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' });
  const answer = await fetch(url, { method: 'POST', headers: { ...headers, 'mcp-session-id': id }, body });
  await answer.text();
  return answer.status;
};
const call = (url: URL, id: string, tool: string, args: object) =>
  fetch(url, {
    method: 'POST',
    headers: { ...headers, 'mcp-session-id': id },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 3,
      method: 'tools/call',
      params: { name: tool, arguments: args },
    }),
  });

test('fifty clients at once each have a session of their own, and share one allowance of texts', async () => {
  const { url, twilio } = await smsOverHttp();
  const clients = await Promise.all(Array.from({ length: 50 }, () => connected(url)));
  await Promise.all(
    clients.map((client, n) => client.callTool({ name: 'send_sms', arguments: { message: `text ${n}` } })),
  );
  const texts = twilio.inbox.map(({ body }) => body);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts.length).toBeGreaterThan(0);
});

test('sessions that are left behind make room for new ones, the longest idle first', async () => {
  const { url } = await served({ max: 3 });
  const [a, b, c] = [await abandoned(url), await abandoned(url), await abandoned(url)];
  expect(await ping(url, a)).toBe(200);
  const d = await abandoned(url);
  expect(await Promise.all([a, b, c, d].map((id) => ping(url, id)))).toEqual([200, 404, 200, 200]);
});

test('with a request under way a session stays; when all have one, a new client is told to wait', async () => {
  const { url, waiting, done } = await served({ max: 2 });
  const ids = [await abandoned(url), await abandoned(url)];
  const calls = ids.map((id) => call(url, id, 'wait', {}));
  await expect.poll(waiting).toBe(2);
  expect(await abandoned(url)).toBe('503');
  done();
  for (const one of calls) expect(await (await one).text()).toMatch(/done/);
  expect(await abandoned(url)).toMatch(/^[0-9a-f-]{36}$/);
});

test('an idle session ends, one whose client listens does not', async () => {
  const { url } = await served({ idleMs: 1_000 });
  const listening = await connected(url);
  const idle = await abandoned(url);
  await sleep(3_000);
  expect(await ping(url, idle)).toBe(404);
  await listening.ping();
});

test('a client that ends its session is forgotten at once', async () => {
  const { url } = await served({});
  const id = await abandoned(url);
  const ended = await fetch(url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
  expect(ended.status).toBe(200);
  expect(await ping(url, id)).toBe(404);
});

test('SIGTERM: a send under way ends and is answered, nothing new begins, and it is over', async () => {
  const { url, twilio, kill, exited, stderr } = await smsOverHttp();
  const [busy, other] = [await abandoned(url), await abandoned(url)];
  const listening = await connected(url);
  twilio.faults.next({ kind: 'late', ms: 5_000 });
  const sending = call(url, busy, 'send_sms', { message: 'the last one' });
  while (twilio.inbox.length === 0) await sleep(20);
  kill('SIGTERM');
  while (!stderr().includes('SIGTERM')) await sleep(20);
  expect(await abandoned(url)).toBe('503');
  expect((await call(url, other, 'send_sms', { message: 'too late' })).status).toBe(503);
  expect(await (await fetch(new URL('/health', url))).json()).toEqual({ status: 'draining' });
  const answer = await (await sending).text();
  expect(JSON.parse(/^data: (.*)$/m.exec(answer)?.[1] ?? '').result).toMatchObject({
    structuredContent: { status: 'queued', sid: twilio.inbox[0]?.sid },
  });
  expect(await exited).toBe(0);
  expect(twilio.inbox.map(({ body }) => body)).toEqual(['the last one']);
  await listening.close();
});

test('SIGTERM: a send whose client has gone ends as well; with nothing under way it is over at once', async () => {
  const one = await smsOverHttp();
  const id = await abandoned(one.url);
  one.twilio.faults.next({ kind: 'late', ms: 3_000 });
  const gone = new AbortController();
  const sent = fetch(one.url, {
    method: 'POST',
    headers: { ...headers, 'mcp-session-id': id },
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 3, method: 'tools/call' },
      params: { name: 'send_sms', arguments: { message: 'x' } },
    }),
    signal: gone.signal,
  }).then((answer) => answer.text());
  while (one.twilio.inbox.length === 0) await sleep(20);
  const started = performance.now();
  gone.abort();
  await expect(sent).rejects.toThrow();
  one.kill('SIGTERM');
  expect(await one.exited).toBe(0);
  expect(performance.now() - started).toBeGreaterThan(500);

  const quiet = await smsOverHttp();
  await connected(quiet.url);
  const asked = performance.now();
  quiet.kill('SIGTERM');
  expect(await quiet.exited).toBe(0);
  // What a connection that is kept alive would hold it up for.
  expect(performance.now() - asked).toBeLessThan(4_900);
});

test('a second signal does not wait', async () => {
  const { url, twilio, kill, exited, stderr } = await smsOverHttp();
  twilio.faults.next({ kind: 'late', ms: 20_000 });
  const sending = call(url, await abandoned(url), 'send_sms', { message: 'x' }).catch(() => {});
  while (twilio.inbox.length === 0) await sleep(20);
  kill('SIGINT');
  while (!stderr().includes('SIGINT')) await sleep(20);
  kill('SIGINT');
  expect(await exited).toBe(1);
  await sending;
});

test('a client that never ends its headers is hung up on', async () => {
  const { url } = await served({});
  const socket = connect(Number(url.port), url.hostname);
  socket.write('POST /mcp HTTP/1.1\r\nHost: ');
  const started = performance.now();
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  // Before the time for a whole request, which is half a minute.
  expect(performance.now() - started).toBeLessThan(29_000);
});
