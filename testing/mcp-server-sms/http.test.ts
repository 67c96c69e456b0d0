import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTwilioStandIn } from '../stand-ins/twilio.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ACCOUNT } from '../support/household.ts';
import { run } from '../support/run.ts';
import { INITIALIZE, openSmsOverHttp, smsOverHttp, smsVariables } from '../support/sms-http.ts';

const BIN = 'mcp-server-sms/bin/mcp-server-sms.js';
const TOKEN = 'a-token-of-some-length';

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** Like no decent client would: any Host, any Origin. */
function send(url: URL, { method = 'POST', path = '/mcp', headers = {}, body }: Sent) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const asked = request(
        url,
        {
          method,
          path,
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...headers,
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
          });
          answer.on('close', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
          );
        },
      );
      asked.on('error', reject);
      asked.end(body ?? (method === 'POST' ? JSON.stringify(INITIALIZE) : undefined));
    },
  );
}

async function client(url: URL, token?: string) {
  const one = new Client({ name: 'test', version: '1' });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
  await one.connect(transport as Transport);
  onTestFinished(() => one.close());
  return { client: one, transport };
}

/** Without a token, for tests that leave nothing in it. */
let open: Awaited<ReturnType<typeof openSmsOverHttp>>;
beforeAll(async () => {
  open = await openSmsOverHttp();
});
afterAll(() => open.close());

test('refuses a web page that points its own name at this server (DNS rebinding)', async () => {
  const { url, twilio } = open;
  const { port } = url;
  for (const headers of [
    { host: 'evil.example' },
    { host: `evil.example:${port}` },
    { host: `localhost.evil.example:${port}` },
    { host: `127.0.0.1.evil.example:${port}` },
    { host: `localhost:${port}.evil.example` },
    { host: 'localhost' },
    { host: `localhost:${Number(port) + 1}` },
    { host: `evil@localhost:${port}` },
    { host: `localhost:${port}`, origin: 'http://evil.example' },
    { host: `localhost:${port}`, origin: `http://evil.example:${port}` },
    { host: `localhost:${port}`, origin: `https://localhost:${port}` },
    { host: `localhost:${port}`, origin: 'null' },
    { host: `localhost:${port}`, origin: `http://localhost:${port}.evil.example` },
  ]) {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
      const { status, headers: answered } = await send(url, { method, headers });
      expect(status, JSON.stringify(headers)).toBe(403);
      expect(Object.keys(answered).join()).not.toMatch(/access-control/);
    }
  }
  // As a proxy is asked: the name is in the request line.
  expect((await send(url, { path: 'http://evil.example/mcp' })).status).toBe(404);
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`])
    expect((await send(url, { headers: { host, origin: `http://${host}` } })).status, host).toBe(200);
  expect(twilio.inbox).toEqual([]);
});

test.each([
  ['two Host headers', 'Host: localhost:PORT\r\nHost: evil.example\r\n'],
  ['an empty Host', 'Host: \r\n'],
  ['no Host', ''],
])('%s: refused', async (_what, host) => {
  const { url } = open;
  const socket = connect(Number(url.port), url.hostname);
  const headers = `${host.replaceAll('PORT', url.port)}Content-Length: 0\r\nConnection: close\r\n`;
  socket.write(`POST /mcp HTTP/1.1\r\n${headers}\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
});

test('requires the token, on loopback too, and never prints it', async () => {
  const { url, stderr, twilio } = await smsOverHttp({ SMS_HTTP_TOKEN: TOKEN });
  for (const authorization of [
    [],
    ['Bearer'],
    ['Bearer '],
    [`Bearer ${TOKEN}x`],
    [`Bearer ${TOKEN.slice(1)}`],
    [`Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`],
    [TOKEN],
  ]) {
    const headers = authorization.length > 0 ? { authorization } : {};
    const { status, headers: answered } = await send(url, { headers });
    expect({ status, asks: answered['www-authenticate'] }).toEqual({ status: 401, asks: 'Bearer' });
  }
  expect((await send(url, { headers: { authorization: `bearer ${TOKEN}` } })).status).toBe(200);
  const health = await send(url, { method: 'GET', path: '/health', headers: { host: 'any' } });
  expect(health).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  const { client: one } = await client(url, TOKEN);
  await one.callTool({ name: 'send_sms', arguments: { message: 'x' } });
  expect(twilio.inbox).toHaveLength(1);
  expect(stderr()).not.toContain(TOKEN);
});

test('a token file stands in for the variable', async () => {
  const file = join(temporaryFolder(), 'token');
  writeFileSync(file, `${TOKEN}\n`);
  const { url } = await smsOverHttp({ SMS_HTTP_TOKEN_FILE: file }, ['--host', '0.0.0.0']);
  const local = new URL(`http://127.0.0.1:${url.port}/mcp`);
  expect((await send(local, {})).status).toBe(401);
  expect((await client(local, TOKEN)).client.getServerVersion()?.name).toBe('mcp-server-sms');
  expect((await send(local, { headers: { host: `192.0.2.1:${url.port}` } })).status).toBe(403);
});

test('other names and origins pass where they are listed, exactly', async () => {
  const { url } = await smsOverHttp({
    SMS_HTTP_ALLOWED_HOSTS: 'sms.example:8080, sms.example',
    SMS_HTTP_ALLOWED_ORIGINS: 'https://app.example',
  });
  const status = async (headers: Record<string, string>) => (await send(url, { headers })).status;
  expect(await status({ host: 'SMS.example:8080', origin: 'https://app.example' })).toBe(200);
  expect(await status({ host: 'sms.example', origin: 'http://sms.example' })).toBe(200);
  expect(await status({ host: 'a.sms.example', origin: 'https://app.example' })).toBe(403);
  expect(await status({ host: 'sms.example', origin: 'https://app.example.evil' })).toBe(403);
});

test.each<[string, string[], Record<string, string>, number, RegExp]>([
  ['beyond loopback without a token', ['--host', '0.0.0.0'], {}, 4, /SMS_HTTP_TOKEN: not set/],
  ['a short token', [], { SMS_HTTP_TOKEN: 'secret' }, 4, /SMS_HTTP_TOKEN: must be at least 16/],
  ['a token file that is not there', [], { SMS_HTTP_TOKEN_FILE: '/no' }, 4, /TOKEN_FILE: .*ENOENT/],
  [
    'both',
    [],
    { SMS_HTTP_TOKEN: TOKEN, SMS_HTTP_TOKEN_FILE: '/no' },
    4,
    /SMS_HTTP_TOKEN_FILE: set beside SMS_HTTP_TOKEN; keep one/,
  ],
  ['hosts that are none', [], { SMS_HTTP_ALLOWED_HOSTS: '*' }, 4, /SMS_HTTP_ALLOWED_HOSTS: must be hosts/],
  ['origins that are none', [], { SMS_HTTP_ALLOWED_ORIGINS: 'x' }, 4, /SMS_HTTP_ALLOWED_ORIGINS: must/],
  [
    'an address of another machine',
    ['--host', '192.0.2.1'],
    { SMS_HTTP_TOKEN: TOKEN },
    1,
    /192\.0\.2\.1 is no address of this machine \(EADDRNOTAVAIL\)/,
  ],
  ['a host that is none', ['--host', 'a b'], {}, 2, /--host must be/],
  ['a port that is none', ['--port', '70000'], {}, 2, /--port must be/],
  ['an unknown option', ['--token', 'secret'], {}, 2, /Unknown option '--token'/],
])('%s is said at start, in words, and ends it', async (_what, args, env, code, says) => {
  const ran = await run(BIN, ['--http', ...args], {
    env: { ...smsVariables(new URL('http://127.0.0.1:1')), ...env },
    keepInputOpen: true,
  });
  expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(says) });
  expect(ran.stderr).toMatch(/\nhint: /);
  expect(ran.stderr).not.toContain(TOKEN);
});

test('a port in use is named', async () => {
  const other = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => other.close());
  const { port } = other.url;
  const ran = await run(BIN, ['--http', '--port', port], { env: smsVariables(other.url) });
  expect(ran).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`error: port ${port} on 127.0.0.1 is in use (EADDRINUSE)\nhint: `),
  });
});

test('--help and --version need no configuration; --port alone is a mistake', async () => {
  expect(await run(BIN, ['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Usage: .*--http/),
  });
  expect(await run(BIN, ['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await run(BIN, ['--port', '1'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/need --http/),
  });
});

test('what is too large, broken or out of turn is refused, and the next request works', async () => {
  const { url } = open;
  const big = JSON.stringify({ ...INITIALIZE, padding: 'x'.repeat(70_000) });
  expect((await send(url, { body: big })).status).toBe(413);
  expect((await send(url, { body: big, headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413);
  expect((await send(url, { headers: { cookie: 'x'.repeat(20_000) } })).status).toBe(431);
  expect((await send(url, { body: '{"jsonrpc":' })).status).toBe(400);
  expect((await send(url, { body: '[]' })).status).toBe(400);
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  expect((await send(url, { body: list })).status).toBe(400);
  expect((await send(url, { body: list, headers: { 'mcp-session-id': 'guessed' } })).status).toBe(404);
  expect((await send(url, { method: 'GET' })).status).toBe(400);
  expect((await send(url, { method: 'PUT' })).status).toBe(405);
  expect((await send(url, { path: '/' })).status).toBe(404);
  expect((await send(url, { headers: { accept: 'text/html' } })).status).toBe(406);
  expect((await send(url, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await client(url)).client.getServerVersion()?.name).toBe('mcp-server-sms');
});
