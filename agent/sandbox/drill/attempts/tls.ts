import { type Attempt, type AttemptClass, inside } from '../attempt.ts';

const named = (
  id: string,
  attempt: string,
  servername: string,
  expected: RegExp,
  recorded: RegExp,
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ overTls }, _values, servername) =>
      overTls({ servername, rejectUnauthorized: false }, 'GET / HTTP/1.1\r\nHost: collector.example\r\n\r\n'),
    servername,
  ),
  expected,
  recorded,
  guardedBy: 'network',
});

const bytes = (id: string, attempt: string, hex: string): Attempt => ({
  id,
  attempt,
  code: inside(({ tcp }, _values, hex) => tcp('api.example.com', 443, Buffer.from(hex, 'hex')), hex),
  expected: /^(closed|ECONNRESET|EPIPE) (?!.*HTTP)/s,
  recorded: /^api\.example\.com:443 no TLS/,
  guardedBy: 'network',
});

/** A ClientHello for another name as Node writes it, in records of so many bytes. */
const cut = (id: string, attempt: string, size: number): Attempt => ({
  id,
  attempt,
  code: inside(async ({ net, tls, tcp, sleep }, _values, size) => {
    const hello: Buffer[] = [];
    const door = net
      .createServer((socket) => socket.on('data', (chunk: Buffer) => hello.push(chunk)))
      .listen(0, '127.0.0.1');
    await new Promise((resolve) => door.on('listening', resolve));
    const { port } = door.address() as import('node:net').AddressInfo;
    const client = tls
      .connect({ host: '127.0.0.1', port, servername: 'collector.example' })
      .on('error', () => {});
    await sleep(200);
    client.destroy();
    door.close();
    const message = Buffer.concat(hello).subarray(5);
    const records: Buffer[] = [];
    for (let at = 0; at < message.length; at += size) {
      const part = message.subarray(at, at + size);
      records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
    }
    return tcp('api.example.com', 443, Buffer.concat(records));
  }, size),
  // The alert: a fatal "unrecognized name".
  expected: /^closed .{6}p$/s,
  recorded: /^api\.example\.com:443 TLS for another server name, collector\.example/,
  guardedBy: 'network',
});

const REFUSED = /^(ERR_SSL_TLSV1_UNRECOGNIZED_NAME|ERR_SSL_\w+|ECONNRESET|EPROTO) /;
const OTHER = /^api\.example\.com:443 TLS for another server name/;
const NO_NAME = /^api\.example\.com:443 TLS for something that is no host name/;
const NONE = /^api\.example\.com:443 no TLS with a server name/;

/** The name in the handshake, and what is spoken inside. */
export const tls: AttemptClass = {
  name: 'tls',
  must: 'a handshake under any other name is refused',
  attempts: [
    named(
      'other-sni',
      'TLS for another name, through the granted address',
      'collector.example',
      REFUSED,
      OTHER,
    ),
    named('no-sni', 'TLS without a name', '', REFUSED, NONE),
    named('sub-sni', 'a name below the granted one', 'x.api.example.com', REFUSED, OTHER),
    named('parent-sni', 'the name above the granted one', 'example.com', REFUSED, OTHER),
    named('prefix-sni', 'the granted name with a tail', 'api.example.com.collector.example', REFUSED, OTHER),
    named('glued-sni', 'the granted name with something before it', 'xapi.example.com', REFUSED, OTHER),
    named('wildcard-sni', 'a wildcard', '*.example.com', REFUSED, NO_NAME),
    named('localhost-sni', 'the name localhost', 'localhost', REFUSED, NO_NAME),
    named(
      'mapped-sni',
      'a name that becomes the granted one where bytes are mapped',
      'api.exa\u00admple.com',
      REFUSED,
      NO_NAME,
    ),
    cut('fragmented-sni', 'another name, in a ClientHello cut into many records', 40),
    cut('two-records-sni', 'another name, in a ClientHello cut within the name', 130),
    {
      id: 'nul-sni',
      attempt: 'a NUL in the name, behind the granted one',
      code: inside(({ attempt, overTls }) =>
        attempt(() =>
          overTls(
            { servername: 'api.example.com\0.collector.example', rejectUnauthorized: false },
            'GET / HTTP/1.1\r\nHost: collector.example\r\n\r\n',
          ),
        ),
      ),
      // OpenSSL may cut it off: then it is the granted name, under which that Host is refused.
      expected: /^(done (ERR_SSL_\w+|ECONNRESET|EPROTO) |done closed HTTP\/1\.1 403|ERR_INVALID_ARG_VALUE$)/,
      guardedBy: 'network',
    },
    {
      id: 'no-tls',
      attempt: 'plain HTTP on the port of TLS',
      code: inside(({ tcp }) =>
        tcp('api.example.com', 443, 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n'),
      ),
      expected: /^(closed|ECONNRESET|EPIPE) (?!.*HTTP)/s,
      recorded: /^api\.example\.com:443 no TLS/,
      guardedBy: 'network',
    },
    bytes('garbage', 'half a ClientHello, and garbage', `160301020001000100${'ff'.repeat(600)}`),
    bytes(
      'ssl2',
      'an SSL 2 hello',
      `802e0100020015000000100100800200800300800400800500800600400700c0${'00'.repeat(16)}`,
    ),
    bytes('ssh', 'SSH on the port of TLS', Buffer.from('SSH-2.0-OpenSSH_9.0\r\n').toString('hex')),
    bytes('huge', 'a record longer than TLS allows', `1603 03ffff01${'00'.repeat(300)}`.replace(' ', '')),
    {
      id: 'http2',
      attempt: 'HTTP/2',
      code: inside(
        ({ tls }) =>
          new Promise((resolve) => {
            const name = 'api.example.com';
            const socket = tls.connect({ host: name, port: 443, servername: name, ALPNProtocols: ['h2'] });
            socket.on('secureConnect', () => resolve(`alpn ${socket.alpnProtocol}`));
            socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
          }),
      ),
      expected: /^(alpn false|ERR_SSL_\w+|ECONNRESET)$/,
      guardedBy: 'network',
    },
    {
      id: 'http2-prior',
      attempt: 'HTTP/2 without asking',
      code: inside(({ speak }) => speak('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
      expected: /400 Bad Request/,
    },
    {
      id: 'old-tls',
      attempt: 'TLS 1.0',
      code: inside(({ overTls }) =>
        overTls({ minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      ),
      expected: /^(ERR_SSL_\w+|ECONNRESET|EPROTO) /,
      guardedBy: 'network',
    },
    {
      id: 'own-ca',
      attempt: "make the broker's CA speak for another name",
      code: inside(
        ({ tls }) =>
          new Promise((resolve) => {
            const name = 'api.example.com';
            const socket = tls.connect({
              host: name,
              port: 443,
              servername: name,
              checkServerIdentity: () => undefined,
            });
            socket.on('secureConnect', () => {
              const { subjectaltname } = socket.getPeerCertificate();
              resolve(subjectaltname);
              socket.destroy();
            });
            socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
          }),
      ),
      expected: /^DNS:api\.example\.com$/,
      guardedBy: 'network',
    },
  ],
};
