import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createConnection, createServer as createTcpServer, type Socket } from 'node:net';
import { connect, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import { createRunCa } from '../../../../agent/sandbox/broker/run-ca.ts';
import { Terminator } from '../../../../agent/sandbox/broker/terminate.ts';
import { HttpAccess } from '../../../../agent/sandbox/manifest/http-rules.ts';
import { runProgram } from '../../../support/run.ts';

const DOMAIN = 'api.example.com';
const TOKEN = Buffer.from('user:secret').toString('base64');
const http: HttpAccess = {
  rules: [{ method: 'GET', path: '/{any}' }],
  credential: { type: 'basic', username: 'U', password: 'P' },
};

/** A terminator before an upstream of ours; `get` asks through it, over real TLS. */
async function terminator(upstream: Server | undefined, dialer = new Dialer(), access = http) {
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
    grant: { type: 'domain', domain: DOMAIN, port: 443, http: access },
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
  const start = (head = 'GET /x HTTP/1.1', body = '') => {
    const client = connect({ port, host: '127.0.0.1', servername: DOMAIN, ca: ca.certificate });
    client.on('error', () => {}).write(`${head}\r\nHost: ${DOMAIN}\r\nConnection: close\r\n\r\n${body}`);
    let answer = '';
    client.on('data', (chunk) => {
      answer += chunk;
    });
    const closed = new Promise((resolve) => client.on('close', resolve));
    return { client, answer: closed.then(() => answer) };
  };
  return { made, recorded, start, port, certificate: ca.certificate };
}

test('inserts the credential, and does not pass connection headers back', async () => {
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

test('a credential that the upstream sends back in any part of the answer does not reach the server', async () => {
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
  'does not pass on an answer in %s, which cannot be searched for the credential',
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
  'records a sent request whose connection was then %s as failed, not denied',
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

test('records a refused connection or an unknown name as failed before anything was sent', async () => {
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

test('denies a name that leads to an address that is not public', async () => {
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
])('answers 502 at once when an upstream %s', async (_what, behave) => {
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

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'records a program that does not trust the CA, with the remedy: %s',
  async (maxVersion) => {
    const { port, recorded } = await terminator(undefined);
    const refused = runProgram('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', DOMAIN, '-verify_return_error'],
      ...['-no-CAfile', '-no-CApath', maxVersion === 'TLSv1.2' ? '-tls1_2' : '-tls1_3'],
    ]);
    expect((await refused).code).not.toBe(0);
    // Node looks at the certificate only when the handshake is over.
    const node = connect({ port, host: '127.0.0.1', servername: DOMAIN, maxVersion });
    await new Promise((closed) => node.on('error', () => {}).on('close', closed));
    const left = createConnection(port, '127.0.0.1');
    await new Promise((sent) =>
      left.on('error', () => {}).write(Buffer.from('1603010005010000', 'hex'), sent),
    );
    left.destroy();
    await expect.poll(() => recorded.length).toBe(3);
    expect(recorded).toEqual([
      expect.stringMatching(
        /^failed the program broke off the TLS handshake \(.*unknown ca\): it does not trust .*SSL_CERT_FILE/,
      ),
      expect.stringMatching(/^failed the program left (during|after) the TLS handshake.*SSL_CERT_FILE/),
      expect.stringMatching(/^failed the program left during the TLS handshake: .*SSL_CERT_FILE/),
    ]);
  },
);

test('records nothing about connections that end with the pod, or that sent a request', async () => {
  const { made, start, port, certificate, recorded } = await terminator(
    createServer((_request, response) => response.end('{}')),
  );
  await start().answer;
  const client = connect({ port, host: '127.0.0.1', servername: DOMAIN, ca: certificate });
  await once(client, 'secureConnect');
  await new Promise((resolve) => setTimeout(resolve, 50));
  made.close();
  client.on('error', () => {}).destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(recorded).toEqual(['allowed GET /{any}']);
});

/** An address that counts as public and is this machine's own for the test: a hole would lead nowhere else. */
const OURS = '192.88.1.7';
const testAsRoot = test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux');

testAsRoot.each(['the client', 'the pod'])(
  'sends nothing once %s is gone, even if the name is resolved later',
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

testAsRoot('connects by verified TLS for the granted name, to the address that was checked', async () => {
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

/** What arrived at an upstream that repeats it, over the terminator, from each request. */
async function repeater(access: unknown) {
  const arrived: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const upstream = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    arrived.push({ method, url, headers, body });
    response.end(`you sent ${url} ${JSON.stringify(headers)} ${body}`);
  });
  const made = await terminator(upstream, new Dialer(), HttpAccess.parse(access));
  const ask = (head: string, body = '', type = 'application/json') =>
    made.start(
      body === '' ? head : `${head}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}`,
      body,
    ).answer;
  return { arrived, ask, recorded: made.recorded };
}

test.each([
  [{ type: 'bearer', token: 'P' }, { authorization: 'Bearer secret' }, '/x'],
  [{ type: 'header', name: 'X-Api-Key', value: 'P' }, { 'x-api-key': 'secret' }, '/x'],
  [{ type: 'query', name: 'key', value: 'P' }, {}, '/x?key=secret'],
])(
  'inserts the credential %j, whatever the server sent in its place, and does not pass it back',
  async (credential, headers, url) => {
    const { arrived, ask } = await repeater({ rules: [{ method: 'GET', path: '/{any}' }], credential });
    const placeholders = 'Authorization: Bearer mine\r\nX-Api-Key: mine';
    const answer = await ask(
      `GET /x${credential.type === 'query' ? '?key=mine' : ''} HTTP/1.1\r\n${placeholders}`,
    );
    expect(arrived).toEqual([expect.objectContaining({ url, headers: expect.objectContaining(headers) })]);
    expect(JSON.stringify(arrived)).not.toContain('mine');
    expect(answer).toMatch(/^HTTP\/1\.1 200[\s\S]*you sent/);
    expect(answer).not.toContain('secret');
  },
);

const post = {
  rules: [
    {
      method: 'POST',
      path: '/v1/notes',
      headers: { 'X-Version': { equals: '2' } },
      json: {
        type: 'object',
        required: ['owner'],
        properties: { owner: { equalsEnv: 'U' }, text: { type: 'string', maxLength: 9 } },
      },
    },
    { method: 'PUT', path: '/v1/file', multipart: { maxBytes: 200 } },
    { method: 'PROPFIND', path: '/v1/notes' },
  ],
};
const POST = 'POST /v1/notes HTTP/1.1\r\nX-Version: 2\r\nX-Other: 3';

test('reads a JSON body, compares it field by field, and writes it anew', async () => {
  const { arrived, ask, recorded } = await repeater(post);
  await ask(POST, ' { "owner" : "us\\u0065r", "text":"a" } ');
  await ask('PROPFIND /v1/notes HTTP/1.1');
  expect(arrived).toMatchObject([
    { body: '{"owner":"user","text":"a"}', headers: { 'x-version': '2', 'content-length': '27' } },
    { method: 'PROPFIND', body: '' },
  ]);
  expect(arrived[0]?.headers).not.toHaveProperty('x-other');
  expect(recorded).toEqual(['allowed POST /v1/notes', 'allowed PROPFIND /v1/notes']);
});

test.each([
  ['{"owner":"user","text":"a","to":"x"}', 'json.to is not allowed'],
  ['{"owner":"other"}', 'json.owner has a value that is not allowed'],
  ['{"text":"a"}', 'json.owner is missing'],
  ['{"owner":"user","text":"0123456789"}', 'json.text has a value that is not allowed'],
  ['{"owner":"user","text":5}', 'json.text has a value that is not allowed'],
  ['{"owner":"other","owner":"user"}', 'the body has a key twice in one object'],
  ['{"owner":"user","\\u006fwner":"user"}', 'the body has a key twice in one object'],
  ['{"owner":"user","__proto__":{"text":"a"}}', 'json.__proto__ is not allowed'],
  ['["user"]', 'json must be an object'],
  ['{"owner":"user"', 'the body is not JSON'],
  ['{"owner":1e999}', 'the body holds a number that not every reader understands alike'],
  ['{"owner":12345678901234567890}', 'the body holds a number that not every reader understands alike'],
  ['{"owner":-0}', 'the body holds a number that not every reader understands alike'],
  ['\uFEFF{"owner":"user"}', 'the body is not JSON'],
  [`${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'the body cannot be read: it is nested more than'],
  [JSON.stringify({ owner: 'user', text: 'x'.repeat(1024 * 1024) }), 'the body is too large'],
])('refuses the JSON body %.40s, and names the field', async (body, reason) => {
  const { arrived, ask, recorded } = await repeater(post);
  expect(await ask(POST, body)).toMatch(/^HTTP\/1\.1 403/);
  expect(recorded).toEqual([`denied ${reason}`].map((line) => expect.stringContaining(line)));
  expect(arrived).toEqual([]);
});

test.each([
  ['POST /v1/notes HTTP/1.1', '{"owner":"user"}', 'application/json', 'header X-Version is missing'],
  [POST, 'owner=user', 'application/x-www-form-urlencoded', 'a JSON body is needed'],
  [POST, '{"owner":"user"}', 'text/plain', 'the body is neither a form nor JSON'],
  [POST, '--b--', 'multipart/form-data; boundary=b', 'a JSON body is needed'],
  ['PUT /v1/file HTTP/1.1', '{}', 'application/json', 'a multipart body is needed'],
  ['PUT /v1/file HTTP/1.1', 'x'.repeat(201), 'multipart/form-data; boundary=b', 'the body is too large'],
])('%s with %.20s as %s is refused: %s', async (head, body, type, reason) => {
  const { arrived, ask, recorded } = await repeater(post);
  expect(await ask(head, body, type)).toMatch(/^HTTP\/1\.1 403/);
  expect(recorded).toEqual([`denied ${reason}`]);
  expect(arrived).toEqual([]);
});

test('passes a multipart body unchanged where it was granted', async () => {
  const { arrived, ask } = await repeater(post);
  const body = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nhello\r\n--b--\r\n';
  await ask('PUT /v1/file HTTP/1.1', body, 'multipart/form-data; boundary=b');
  expect(arrived).toMatchObject([{ body, headers: { 'content-type': 'multipart/form-data; boundary=b' } }]);
});

test('breaks off an answer over its size or time, and records it; events pass as they come', async () => {
  const upstream = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\n\n');
    if (request.url === '/large') response.write('x'.repeat(2_000));
  });
  const access = {
    rules: [{ method: 'GET', path: '/{any}' }],
    answer: { maxBytes: 1_000, maxSeconds: 1 },
  };
  const { start, recorded } = await terminator(upstream, new Dialer(), HttpAccess.parse(access));
  const { client, answer } = start('GET /events HTTP/1.1');
  let seen = '';
  client.on('data', (chunk) => {
    seen += chunk;
  });
  // Before its end.
  await expect.poll(() => seen).toContain('data: first');
  await answer;
  await start('GET /large HTTP/1.1').answer;
  expect(recorded).toEqual([
    'allowed GET /{any}',
    expect.stringMatching(/^failed .* then the answer broke off: it took more than 1 s$/),
    'allowed GET /{any}',
    expect.stringMatching(/^failed .* it is larger than 1000 bytes$/),
  ]);
});

test('limits bodies sent at the same time together, until their requests end', async () => {
  const arrived: ServerResponse[] = [];
  const upstream = createServer((request, response) => {
    request.resume();
    request.on('end', () => arrived.push(response));
  });
  const access = { rules: [{ method: 'PUT', path: '/f', multipart: { maxBytes: 16 * 1024 * 1024 } }] };
  const { start, recorded } = await terminator(upstream, new Dialer(), HttpAccess.parse(access));
  const body = 'x'.repeat(16 * 1024 * 1024);
  const put = () =>
    start(
      `PUT /f HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}`,
      body,
    ).answer;
  const first = [put(), put(), put()];
  await expect.poll(() => arrived.length).toBe(3);
  // It may still send when it is refused, and then not read why.
  expect(await put()).not.toContain('HTTP/1.1 200');
  expect(arrived).toHaveLength(3);
  for (const response of arrived) response.end();
  for (const answer of await Promise.all(first)) expect(answer).toMatch(/^HTTP\/1\.1 200/);
  const last = put();
  await expect.poll(() => arrived.length).toBe(4);
  arrived.at(-1)?.end();
  expect(await last).toMatch(/^HTTP\/1\.1 200/);
  expect(recorded.filter((line) => line.startsWith('denied'))).toEqual([
    'denied too much is sent at the same time',
  ]);
});
