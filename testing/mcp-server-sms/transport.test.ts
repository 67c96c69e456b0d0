import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { exchange, RequestFailed } from '../../mcp-server-sms/src/twilio/transport.ts';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';

async function failure(url: string, ms = 60_000): Promise<RequestFailed> {
  const request = {
    method: 'POST',
    url: new URL(url),
    headers: { authorization: 'secret' },
    body: 'Body=text',
  };
  return exchange(request, Date.now() + ms).then(
    () => expect.unreachable(),
    (error) => error,
  );
}

async function tcp(onConnect: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onConnect(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

async function http(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createHttpServer((request, response) => request.resume().on('end', () => answer(response)));
  const url = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return url.origin;
}

test('nothing was sent: refused, not found, and a connection that ends before its TLS stands', async () => {
  const closing = await tcp((socket) => socket.destroy());
  const gibberish = await tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const silent = await tcp(() => {});
  for (const url of [
    'http://127.0.0.1:1',
    'https://name.invalid',
    `https://127.0.0.1:${closing}`,
    `https://127.0.0.1:${gibberish}`,
  ])
    expect(await failure(url), url).toMatchObject({ sentNothing: true, timedOut: false });
  expect(await failure(`https://127.0.0.1:${silent}`, 300)).toMatchObject({
    sentNothing: true,
    timedOut: true,
  });
});

test('something may have been sent: any end after the connection stood', async () => {
  const reset = await http((response) => response.destroy());
  const half = await http((response) => response.writeHead(201, { 'content-length': '100' }).write('{'));
  const torn = await http((response) => {
    response.writeHead(201, { 'content-length': '100' }).write('{', () => response.destroy());
  });
  const endless = await http((response) => response.end('x'.repeat(3_000_000)));
  const garbage = await tcp((socket) => socket.end('nonsense\r\n\r\n'));
  for (const url of [reset, torn, endless, `http://127.0.0.1:${garbage}`])
    expect(await failure(url), url).toMatchObject({ sentNothing: false, timedOut: false });
  expect(await failure(half, 1_000)).toMatchObject({ sentNothing: false, timedOut: true });
});

test('a failure holds nothing of the request', async () => {
  const error = await failure('http://127.0.0.1:1');
  expect(error).toBeInstanceOf(RequestFailed);
  expect(`${error.stack}${JSON.stringify(error)}${Object.values(error)}`).not.toMatch(/secret|text/);
});
