import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { INITIALIZE, smsOverHttp } from '../support/sms-http.ts';

const TOKEN = 'a-token-of-some-length';
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  authorization: `Bearer ${TOKEN}`,
};
const initialize = (url: URL, signal: AbortSignal) =>
  fetch(url, { method: 'POST', headers, body: JSON.stringify(INITIALIZE), signal });

/** Connections that are made anew as often as they are closed. */
function crowd(url: URL, size: number, says: (at: number) => string) {
  const open = new Set<Socket>();
  let going = true;
  const enter = (at: number) => {
    if (!going) return;
    const socket = connect(Number(url.port), url.hostname);
    open.add(socket);
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(says(at)));
    socket.on('close', () => {
      open.delete(socket);
      setTimeout(() => enter(at), 1_000);
    });
    socket.resume();
  };
  for (let at = 0; at < size; at += 1) enter(at);
  onTestFinished(() => {
    going = false;
    for (const socket of open) socket.destroy();
  });
}

const request = (url: URL, more = '') => `POST /mcp HTTP/1.1\r\nHost: ${url.host}\r\n${more}`;

test('600 connections of strangers do not keep a client with the token from its answer', async () => {
  const { url } = await smsOverHttp({ SMS_HTTP_TOKEN: TOKEN });
  // Nothing, half a request, and now and then a whole one: what is answered and closed makes room for others.
  const kinds = ['', request(url), request(url, 'Content-Length: 60000\r\n\r\n{')];
  crowd(url, 600, (at) => kinds[at % 10 === 0 ? 2 : at % 2] ?? '');
  await new Promise((done) => setTimeout(done, 1_500));
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const response = await initialize(url, AbortSignal.timeout(5_000));
    expect(response.status).toBe(200);
    await response.body?.cancel();
  }
});

test('a client that has shown its token keeps its connection while strangers come', async () => {
  const { url } = await smsOverHttp({ SMS_HTTP_TOKEN: TOKEN });
  const opened = await initialize(url, AbortSignal.timeout(5_000));
  const session = opened.headers.get('mcp-session-id') ?? '';
  await opened.body?.cancel();
  const stream = await fetch(url, { headers: { ...headers, 'mcp-session-id': session } });
  expect(stream.status).toBe(200);
  let ended = false;
  const reading = stream.body
    ?.getReader()
    .read()
    .then(
      () => {
        ended = true;
      },
      () => {
        ended = true;
      },
    );
  crowd(url, 600, () => '');
  await new Promise((done) => setTimeout(done, 2_000));
  expect(ended).toBe(false);
  void reading;
});

test.each([
  ['without the token', (url: URL) => `${request(url)}Content-Length: 2\r\n\r\n{}`, '401'],
  [
    'for another Host',
    () => 'POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}',
    '403',
  ],
  ['for /health', (url: URL) => `GET /health HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`, '200'],
])('a request %s is answered, and its connection closed', async (_what, text, status) => {
  const { url } = await smsOverHttp({ SMS_HTTP_TOKEN: TOKEN });
  const socket = connect(Number(url.port), url.hostname);
  socket.write(text(url));
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  expect(answer).toMatch(/connection: close/i);
});

test('warns about a misspelt variable, and not about the HTTP variables', async () => {
  const { stderr } = await smsOverHttp({
    SMS_HTTP_TOKEN: TOKEN,
    SMS_HTTP_ALLOWED_HOSTS: 'sms.example',
    SMS_HTTP_ALLOWED_ORIGINS: 'https://app.example',
    SMS_HTTP_TOKN: 'x',
  });
  expect(stderr()).toContain('note: SMS_HTTP_TOKN is not a variable of this server');
  expect(stderr().match(/is not a variable/g)).toHaveLength(1);
});
