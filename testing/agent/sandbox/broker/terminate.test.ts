import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { connect, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import { createRunCa } from '../../../../agent/sandbox/broker/run-ca.ts';
import { Terminator } from '../../../../agent/sandbox/broker/terminate.ts';

const DOMAIN = 'api.example.com';
const http = {
  rules: [{ method: 'GET' as const, path: '/{any}' }],
  credential: { type: 'basic' as const, username: 'U', password: 'P' },
};

/** A terminator before an upstream of ours; `get` asks through it, over real TLS. */
async function terminator(upstream: Server | undefined, dialer = new Dialer()) {
  const ca = await createRunCa([DOMAIN]);
  let target: URL | undefined;
  if (upstream) {
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    onTestFinished(() => void upstream.close());
    target = new URL(`http://127.0.0.1:${(upstream.address() as { port: number }).port}`);
  }
  const recorded: string[] = [];
  const made = new Terminator({
    grant: { type: 'domain', domain: DOMAIN, port: 443, http },
    identity: await ca.issue(DOMAIN),
    env: { U: 'user', P: 'secret' },
    dialer,
    override: target && { domain: DOMAIN, port: 443, target, variable: 'X' },
    record: (verdict, reason) => void recorded.push(`${verdict} ${reason}`),
  });
  onTestFinished(() => made.close());
  const door = createTcpServer((socket) => made.accept(socket)).listen(0, '127.0.0.1');
  await once(door, 'listening');
  onTestFinished(() => void door.close());
  const { port } = door.address() as { port: number };
  const start = (head = 'GET /x HTTP/1.1') => {
    const client = connect({ port, host: '127.0.0.1', servername: DOMAIN, ca: ca.certificate });
    client.on('error', () => {}).write(`${head}\r\nHost: ${DOMAIN}\r\nConnection: close\r\n\r\n`);
    let answer = '';
    client.on('data', (chunk) => {
      answer += chunk;
    });
    return { client, answer: once(client, 'close').then(() => answer) };
  };
  return { made, recorded, start, port, certificate: ca.certificate };
}

test('the credential is put in, and what belongs to one connection is not passed back', async () => {
  const upstream = createServer((request, response) => {
    response.writeHead(200, { 'set-cookie': 'a=b', upgrade: 'h2c', 'x-kept': '1' });
    response.end(JSON.stringify(request.headers));
  });
  const { start, recorded } = await terminator(upstream);
  const answer = await start('GET /x HTTP/1.1\r\nX-Evil: 1\r\nCookie: c=d\r\nAuthorization: Basic stolen')
    .answer;
  expect(answer).toContain(`"authorization":"Basic ${Buffer.from('user:secret').toString('base64')}"`);
  expect(answer).toMatch(/x-kept: 1/i);
  expect(answer).not.toMatch(/set-cookie|upgrade: h2c|x-evil|"cookie"|stolen/i);
  expect(recorded).toEqual(['allowed GET /{any}']);
});

test.each<[string, (server: Server) => void]>([
  [
    'wants to upgrade',
    (server) =>
      server.on('connection', (socket) =>
        socket.once('data', () =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
        ),
      ),
  ],
  ['hangs up', (server) => server.on('connection', (socket) => socket.once('data', () => socket.destroy()))],
  [
    'speaks no HTTP',
    (server) => server.on('connection', (socket) => socket.once('data', () => socket.end('hello\r\n\r\n'))),
  ],
  [
    'has endless headers',
    (server) =>
      server.on('connection', (socket) =>
        socket.once('data', () =>
          socket.on('error', () => {}).write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n`),
        ),
      ),
  ],
])('an upstream that %s is a 502 at once', async (_what, behave) => {
  const upstream = createServer();
  upstream.removeAllListeners('connection');
  behave(upstream);
  const { start } = await terminator(upstream);
  expect(await start().answer).toMatch(/^HTTP\/1\.1 502/);
});

test('a client of TLS 1.2 cannot renegotiate', async () => {
  const { port, certificate, recorded } = await terminator(
    createServer((_request, response) => response.end('{}')),
  );
  const client = connect({
    port,
    host: '127.0.0.1',
    servername: DOMAIN,
    ca: certificate,
    maxVersion: 'TLSv1.2',
  });
  await once(client.resume(), 'secureConnect');
  const refused = new Promise((resolve) => client.on('error', resolve));
  const renegotiated = new Promise((resolve) => client.renegotiate({}, resolve));
  expect(String(await Promise.race([renegotiated, refused]))).toMatch(/no renegotiation/);
  client.destroy();
  expect(recorded).toEqual([]);
});

/** An address that counts as public and is this machine's own for the test: a hole would lead nowhere else. */
const OURS = '192.88.1.7';
const testAsRoot = test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux');

testAsRoot.each(['the client', 'the pod'])(
  'nothing is sent once %s is gone, even when the name is found later',
  async (who) => {
    let found: (addresses: { address: string; family: number }[]) => void = () => {};
    const dialer = new Dialer(
      () =>
        new Promise((resolve) => {
          found = resolve;
        }),
    );
    execFileSync('ip', ['addr', 'replace', `${OURS}/32`, 'dev', 'lo']);
    onTestFinished(() => void execFileSync('ip', ['addr', 'del', `${OURS}/32`, 'dev', 'lo']));
    const { start, made, recorded } = await terminator(undefined, dialer);
    const { client, answer } = start();
    await once(client, 'secureConnect');
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (who === 'the client') client.destroy();
    else made.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    found([{ address: OURS, family: 4 }]);
    await answer;
    expect(recorded).toEqual([]);
  },
);

testAsRoot('the real way: TLS to the address that was checked, for the granted name, verified', async () => {
  execFileSync('ip', ['addr', 'replace', `${OURS}/32`, 'dev', 'lo']);
  onTestFinished(() => void execFileSync('ip', ['addr', 'del', `${OURS}/32`, 'dev', 'lo']));
  const ca = await createRunCa([DOMAIN]);
  const answers = createTlsServer(await ca.issue(DOMAIN), (request, response) => {
    const { servername } = request.socket as TLSSocket;
    response.end(
      JSON.stringify({
        servername,
        host: request.headers.host,
        authorization: request.headers.authorization,
      }),
    );
  });
  answers.listen(443, OURS);
  await once(answers, 'listening');
  onTestFinished(() => void answers.close());
  const dialer = new Dialer(async () => [{ address: OURS, family: 4 }]);

  const untrusted = await terminator(undefined, dialer);
  expect(await untrusted.start().answer).toMatch(/^HTTP\/1\.1 502[\s\S]*certificate/);

  const before = getCACertificates('default');
  setDefaultCACertificates([ca.certificate]);
  onTestFinished(() => setDefaultCACertificates(before));
  const trusted = await terminator(undefined, dialer);
  const answer = await trusted.start().answer;
  expect(answer).toContain(`"servername":"${DOMAIN}","host":"${DOMAIN}"`);
  expect(answer).toContain(`"authorization":"Basic ${Buffer.from('user:secret').toString('base64')}"`);
});
