import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { connect, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import { createRunCa } from '../../../../agent/sandbox/broker/run-ca.ts';
import { Terminator } from '../../../../agent/sandbox/broker/terminate.ts';

const DOMAIN = 'api.example.com';
const TOKEN = Buffer.from('user:secret').toString('base64');
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
    diversion: target && { domain: DOMAIN, port: 443, target, variable: 'X' },
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
  let arrived: IncomingHttpHeaders = {};
  const upstream = createServer((request, response) => {
    arrived = request.headers;
    response.writeHead(200, { 'set-cookie': 'a=b', upgrade: 'h2c', 'x-kept': '1' });
    response.end('{}');
  });
  const { start, recorded } = await terminator(upstream);
  const answer = await start(
    'GET /x HTTP/1.1\r\nX-Evil: 1\r\nCookie: c=d\r\nAuthorization: Basic stolen\r\nAccept-Encoding: gzip',
  ).answer;
  expect(arrived.authorization).toBe(`Basic ${TOKEN}`);
  expect(arrived).toMatchObject({ 'accept-encoding': 'identity' });
  expect(JSON.stringify(arrived)).not.toMatch(/x-evil|"cookie"|stolen/i);
  expect(answer).toMatch(/x-kept: 1/i);
  expect(answer).not.toMatch(/set-cookie|upgrade: h2c/i);
  expect(recorded).toEqual(['allowed GET /{any}']);
});

test('a credential that the upstream sends back does not reach the server, whatever part of the answer holds it', async () => {
  const upstream = createServer(async (request, response) => {
    const { authorization = '' } = request.headers;
    response.socket?.setNoDelay();
    response.writeEarlyHints({ link: `<${authorization}>` });
    response.writeHead(400, `Bad ${authorization}`, {
      'x-said': authorization,
      [`x-${Buffer.from('secret').toString('hex')}`]: '1',
      'www-authenticate': 'Basic realm="user:secret"',
      trailer: 'x-last',
    });
    response.addTrailers({ 'x-last': authorization });
    for (const byte of `you sent ${authorization}, ${encodeURIComponent(authorization)}; secret`) {
      response.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const { start } = await terminator(upstream);
  const answer = await start().answer;
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toContain(`x-said: Basic ${'*'.repeat(TOKEN.replace(/=+$/, '').length)}`);
  expect(answer).not.toMatch(/secret|736563726574/i);
  expect(answer).not.toContain(TOKEN.slice(0, 8));
});

test.each(['gzip', 'br', 'x-unknown'])(
  'an answer in %s, in which nobody can look for the credential, is not passed on',
  async (coding) => {
    const upstream = createServer((request, response) => {
      response.writeHead(200, { 'content-encoding': coding });
      response.end(gzipSync(request.headers.authorization ?? ''));
    });
    const { start, recorded } = await terminator(upstream);
    expect(await start().answer).toMatch(/^HTTP\/1\.1 502[\s\S]*its answer is encoded/);
    expect(recorded).toEqual([
      'allowed GET /{any}',
      expect.stringMatching(/^failed the request was sent; its answer is encoded/),
    ]);
  },
);

test.each<[string, (socket: Socket) => void, RegExp]>([
  [
    'reset',
    (socket) => socket.resetAndDestroy(),
    /^failed the request was sent; then the connection was reset$/,
  ],
  ['closed', (socket) => socket.end(), /^failed the request was sent; then /],
  [
    'broken off within the answer',
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.resetAndDestroy()),
    /^failed the request was sent and answered 200; then the answer broke off: /,
  ],
])(
  'a request that was sent, and whose connection was then %s, is on record as failed, not denied',
  async (_how, behave, record) => {
    const upstream = createServer();
    upstream.removeAllListeners('connection');
    upstream.on('connection', (socket) => socket.on('error', () => {}).once('data', () => behave(socket)));
    const { start, recorded } = await terminator(upstream);
    await start().answer;
    // The client may hear of it before the broker does.
    await expect.poll(() => recorded).toEqual(['allowed GET /{any}', expect.stringMatching(record)]);
  },
);

test('a connection that is refused failed before anything was sent; so did one whose name is not known', async () => {
  const closed = createServer();
  const refused = await terminator(closed);
  closed.close();
  await once(closed, 'close');
  expect(await refused.start().answer).toMatch(/^HTTP\/1\.1 502/);
  expect(refused.recorded).toEqual([
    'allowed GET /{any}',
    'failed nothing was sent: the connection was refused',
  ]);
  const unknown = await terminator(undefined, new Dialer(() => Promise.reject(new Error('ENOTFOUND'))));
  await unknown.start().answer;
  expect(unknown.recorded).toEqual(['failed nothing was sent: its name cannot be resolved']);
});

test('a name that leads to an address that is not public is denied', async () => {
  const inside = await terminator(undefined, new Dialer(async () => [{ address: '10.0.0.1', family: 4 }]));
  await inside.start().answer;
  expect(inside.recorded).toEqual(['denied its name leads to 10.0.0.1, which is not a public address']);
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
  const { start, recorded } = await terminator(upstream);
  expect(await start().answer).toMatch(/^HTTP\/1\.1 502/);
  expect(recorded).toEqual([
    'allowed GET /{any}',
    expect.stringMatching(/^failed the request was sent; then /),
  ]);
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
  let arrived: string | undefined;
  const answers = createTlsServer(await ca.issue(DOMAIN), (request, response) => {
    const { servername } = request.socket as TLSSocket;
    arrived = request.headers.authorization;
    response.end(
      JSON.stringify({
        servername,
        host: request.headers.host,
      }),
    );
  });
  answers.listen(443, OURS);
  await once(answers, 'listening');
  onTestFinished(() => void answers.close());
  const dialer = new Dialer(async () => [{ address: OURS, family: 4 }]);

  const untrusted = await terminator(undefined, dialer);
  expect(await untrusted.start().answer).toMatch(/^HTTP\/1\.1 502[\s\S]*certificate/);
  expect(untrusted.recorded).toEqual([
    'allowed GET /{any}',
    expect.stringMatching(/^failed nothing was sent: /),
  ]);

  const before = getCACertificates('default');
  setDefaultCACertificates([ca.certificate]);
  onTestFinished(() => setDefaultCACertificates(before));
  const trusted = await terminator(undefined, dialer);
  const answer = await trusted.start().answer;
  expect(answer).toContain(`"servername":"${DOMAIN}","host":"${DOMAIN}"`);
  expect(arrived).toBe(`Basic ${TOKEN}`);
});
