import { type Attempt, type AttemptClass, fails, inside, REFUSED, REFUSED_OR_NO_ROUTE } from '../attempt.ts';

const name = (id: string, attempt: string, wanted: string): Attempt => ({
  id,
  attempt,
  code: inside(({ attempt, dns }, _values, wanted) => attempt(() => dns.promises.lookup(wanted)), wanted),
  expected: /^(ENOTFOUND|EAI_AGAIN)$/,
  guardedBy: 'network',
});

/** Without another outcome, it is refused and on record, however it was written. */
const metadata = (
  id: string,
  attempt: string,
  host: string,
  end: Pick<Attempt, 'expected' | 'recorded'> = {
    expected: REFUSED,
    recorded: /^169\.254\.169\.254:80 this address/,
  },
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ tcp }, _values, host) =>
      tcp(host, 80, 'GET /latest/meta-data/ HTTP/1.1\r\nHost: metadata.google.internal\r\n\r\n'),
    host,
  ),
  guardedBy: 'network',
  ...end,
});

/** What is usually near a container: the cloud's metadata, the host, and other servers. */
export const surroundings: AttemptClass = {
  name: 'surroundings',
  must: 'neither metadata nor host nor neighbour is reached',
  attempts: [
    metadata('metadata', 'cloud metadata', '169.254.169.254'),
    metadata('metadata-number', 'cloud metadata, as one number', '2852039166'),
    metadata('metadata-mapped', 'the same in IPv6 clothes', '::ffff:a9fe:a9fe'),
    metadata('metadata-ipv6', 'cloud metadata over IPv6', 'fd00:ec2::254', { expected: REFUSED_OR_NO_ROUTE }),
    name('metadata-name', "the metadata server's name", 'metadata.google.internal'),
    {
      id: 'bridge',
      attempt: 'the host, by its address on the network',
      code: inside(({ tcp }, { BRIDGE }) => tcp(BRIDGE, 443)),
      expected: REFUSED,
      recorded: /^[\d.]+:443 this address/,
      guardedBy: 'network',
    },
    {
      id: 'bridge-port',
      attempt: 'ports of the host where services often are',
      code: inside(async ({ tcp }, { BRIDGE }) =>
        (
          await Promise.all(
            [22, 111, 631, 2375, 2376, 3306, 5432, 6379, 8080].map((port) => tcp(BRIDGE, port)),
          )
        ).join(),
      ),
      expected: /^(ECONNREFUSED ,?){9}$/,
      guardedBy: 'network',
    },
    {
      id: 'docker-bridge',
      attempt: "the engine's API on its bridge",
      code: inside(({ tcp }) => tcp('172.17.0.1', 2375, 'GET /version HTTP/1.0\r\n\r\n')),
      expected: /^ECONNREFUSED $/,
      guardedBy: 'network',
    },
    name('host-name', "the engine's name for the host", 'host.docker.internal'),
    name('gateway-name', "the engine's name for the way out", 'gateway.docker.internal'),
    name('neighbour-name', 'a neighbour by its container name', 'spendwise-gateway'),
    {
      id: 'neighbour',
      attempt: 'a neighbour that listens on its loopback',
      code: inside(({ tcp }, { NEIGHBOUR }) => tcp('127.0.0.1', NEIGHBOUR.port)),
      expected: /^ECONNREFUSED $/,
    },
    {
      id: 'neighbour-bridge',
      attempt: "addresses that the engine's first containers would have",
      code: inside(async ({ tcp }, { NEIGHBOUR }) =>
        (
          await Promise.all(
            ['172.17.0.2', '172.17.0.3', '172.18.0.2'].map((host) => tcp(host, NEIGHBOUR.port)),
          )
        ).join(),
      ),
      expected: /^(ECONNREFUSED ,?){3}$/,
      guardedBy: 'network',
    },
    {
      id: 'neighbour-abstract',
      attempt: "a neighbour's abstract Unix socket",
      code: inside(({ unix }, { NEIGHBOUR }) => unix(NEIGHBOUR.abstract)),
      expected: /^(ECONNREFUSED|EPERM) $/,
    },
    fails(
      'neighbour-file',
      "a neighbour's file in /tmp",
      ({ fs }, { NEIGHBOUR }) => fs.readFileSync(NEIGHBOUR.file, 'utf8'),
      /^ENOENT$/,
    ),
    {
      id: 'neighbour-process',
      attempt: "another server's process",
      code: inside(({ fs }) => {
        const servers = fs
          .readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          .filter((pid) => {
            try {
              return /^[^\0]*\bnode\0.*hostile-server\.mjs/s.test(
                fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
              );
            } catch {
              return false;
            }
          });
        return `${servers.length} of us`;
      }),
      expected: /^1 of us$/,
    },
  ],
};
