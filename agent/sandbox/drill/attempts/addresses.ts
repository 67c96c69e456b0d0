import { type Attempt, type AttemptClass, inside, REFUSED, REFUSED_OR_NO_ROUTE } from '../attempt.ts';

/** TCP to an address where nothing may answer, and what it ends in. */
const connect = (
  id: string,
  attempt: string,
  host: string,
  port: number,
  end: Partial<Attempt>,
): Attempt => ({
  id,
  attempt,
  code: inside(({ tcp }, _values, host, port) => tcp(host, port, 'GET / HTTP/1.0\r\n\r\n'), host, port),
  expected: REFUSED,
  guardedBy: 'network',
  ...end,
});

/** On record as what it is, however it was written. */
const UNGRANTED = { recorded: /^198\.51\.100\.7:443 this address/ };

/** Other addresses and ports, in every spelling: there is no network but the pod's own loopback. */
export const addresses: AttemptClass = {
  name: 'addresses',
  must: 'no host and no port but the granted one is reached',
  attempts: [
    connect('address', 'TCP to an address that was not granted', '198.51.100.7', 443, UNGRANTED),
    connect('address-http', 'plain HTTP to an address', '198.51.100.7', 80, {
      recorded: /^198\.51\.100\.7:80 this address/,
    }),
    connect('address-port', 'TCP to a port that is not watched', '198.51.100.7', 4444, {
      expected: /^ECONNREFUSED $/,
    }),
    connect('decimal', 'an address as one number', '3325256711', 443, UNGRANTED),
    connect('octal', 'an address in octal', '0306.063.0144.07', 443, UNGRANTED),
    connect('hexadecimal', 'an address in hexadecimal', '0xc6.0x33.0x64.0x7', 443, UNGRANTED),
    connect('mapped', 'an IPv4 address in IPv6 clothes', '::ffff:198.51.100.7', 443, UNGRANTED),
    connect('nat64', 'an IPv4 address behind the NAT64 prefix', '64:ff9b::c633:6407', 443, {
      expected: REFUSED_OR_NO_ROUTE,
    }),
    connect('6to4', 'an IPv4 address in a 6to4 one', '2002:c633:6407::1', 443, {
      expected: REFUSED_OR_NO_ROUTE,
    }),
    connect('unspecified', 'the address 0.0.0.0, which means this machine', '0.0.0.0', 443, {
      recorded: /^127\.0\.0\.1:443 this address|^0\.0\.0\.0:443 this address/,
    }),
    connect('broadcast', 'the broadcast address', '255.255.255.255', 443, {
      expected: /^(ENETUNREACH|EACCES|EINVAL|EADDRNOTAVAIL) $/,
    }),
    connect('granted-port', 'the granted domain on another port', 'api.example.com', 80, {
      recorded: /^api\.example\.com:80 port 80 was not granted/,
    }),
    connect('granted-ssh', 'the granted domain on a port that is not watched', 'api.example.com', 22, {
      expected: /^ECONNREFUSED $/,
    }),
    connect('granted-next', "the address after the granted domains'", '127.77.0.4', 443, {
      recorded: /^127\.77\.0\.4:443 this address/,
    }),
    {
      id: 'host-loopback',
      attempt: "a port of the host's loopback",
      code: inside(({ tcp }, { TCP }) => tcp('127.0.0.1', TCP)),
      expected: /^ECONNREFUSED $/,
    },
    {
      id: 'host-loopback-name',
      attempt: 'the same, by the name localhost',
      code: inside(({ tcp }, { TCP }) => tcp('localhost', TCP)),
      expected: /^ECONNREFUSED $/,
    },
    {
      id: 'literal',
      attempt: "the granted domain's own address as a literal in the URL",
      code: inside(({ attempt }) =>
        attempt(
          async () => (await fetch('https://127.77.0.1/', { signal: AbortSignal.timeout(3000) })).status,
        ),
      ),
      expected: /^(ECONNRESET|EPROTO|ERR_SSL\w+|ERR_TLS\w+)$/,
      recorded: /^api\.example\.com:443 no TLS with a server name/,
      guardedBy: 'network',
    },
    {
      id: 'claim',
      attempt: "another address that is said to be the granted domain's",
      code: inside(({ overTls }) =>
        overTls({ host: '198.51.100.7', rejectUnauthorized: false }, 'GET / HTTP/1.1\r\n\r\n'),
      ),
      expected: /^ERR_SSL_TLSV1_ALERT_ACCESS_DENIED $/,
      recorded: /^198\.51\.100\.7:443 this address/,
      guardedBy: 'network',
    },
    {
      id: 'pinned',
      attempt: 'a name resolved by itself: its own look-up puts another address under the granted name',
      code: inside(({ overTls }) =>
        overTls({
          lookup: (_name, options, done) =>
            options.all
              ? done(null, [{ address: '198.51.100.7', family: 4 }])
              : done(null, '198.51.100.7', 4),
        }),
      ),
      expected: /^ERR_SSL_TLSV1_ALERT_ACCESS_DENIED $/,
      recorded: /^198\.51\.100\.7:443 this address/,
      guardedBy: 'network',
    },
    {
      id: 'source',
      attempt: 'another source address',
      code: inside(
        ({ net }) =>
          new Promise((resolve) => {
            const socket = net.connect({ host: '198.51.100.7', port: 443, localAddress: '198.51.100.9' });
            socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
            socket.resume().on('close', () => resolve('closed'));
          }),
      ),
      expected: /^(ECONNRESET|closed|EADDRNOTAVAIL)$/,
      guardedBy: 'network',
    },
    {
      id: 'sweep',
      attempt: 'every low port of an address',
      code: inside(async ({ net }) => {
        const open: number[] = [];
        const one = (port: number) =>
          new Promise<void>((resolve) => {
            const socket = net.connect({ host: '198.51.100.7', port });
            socket.on('connect', () => open.push(port));
            socket
              .on('error', () => {})
              .on('close', () => resolve())
              .resume();
          });
        for (let from = 1; from <= 1024; from += 64)
          await Promise.all(Array.from({ length: 64 }, (_, at) => one(from + at)));
        return open.sort((a, b) => a - b).join();
      }),
      // Where attempts are recorded: the gateway accepts, and passes nothing on.
      expected: /^(53)?,?(80)?,?(443)?$/,
      guardedBy: 'network',
    },
    {
      id: 'interfaces',
      attempt: 'an interface besides lo that is up',
      code: inside(({ fs }) =>
        fs
          .readFileSync('/proc/net/dev', 'utf8')
          .split('\n')
          .flatMap((line) => /^\s*([^\s:]+):\s*(\d+)/.exec(line)?.slice(1, 3).join(' ') ?? [])
          .filter((row) => !row.startsWith('lo ') && !row.endsWith(' 0'))
          .join(),
      ),
      expected: /^$/,
    },
    {
      id: 'routes',
      attempt: 'a route by another interface than lo',
      code: inside(({ fs }) =>
        ['/proc/net/route', '/proc/net/ipv6_route']
          .flatMap((file) => fs.readFileSync(file, 'utf8').trim().split('\n'))
          .map((line) => line.trim().split(/\s+/))
          .map((row) => (row[1]?.length === 8 ? row[0] : row.at(-1)))
          .filter((name) => name !== 'lo' && name !== 'IRTT')
          .join(),
      ),
      expected: /^$/,
    },
  ],
};
