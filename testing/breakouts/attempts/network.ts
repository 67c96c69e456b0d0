import type { Attempt } from '../attempt.ts';

/** At once, and nothing but the broker's own refusal: a TLS alert of seven bytes, or a 403 that says why. */
const REFUSED_TLS = /^closed .{7}$/s;
const REFUSED_HTTP = /^closed HTTP\/1\.1 403 Forbidden\r\n.*SpendWise broker: .* was not granted\n$/s;

/** Other addresses and ports: there is no network but the pod's own loopback. */
export const network: readonly Attempt[] = [
  {
    id: 'address',
    attempt: 'TCP to an address that was not granted',
    code: "return tcp('198.51.100.7', 443)",
    expected: REFUSED_TLS,
    recorded: /^198\.51\.100\.7:443 this address/,
  },
  {
    id: 'address-http',
    attempt: 'plain HTTP to an address',
    code: "return tcp('198.51.100.7', 80, 'GET / HTTP/1.0\\r\\n\\r\\n')",
    expected: REFUSED_HTTP,
    recorded: /^198\.51\.100\.7:80 /,
  },
  {
    id: 'address-port',
    attempt: 'TCP to a port where nothing of ours listens',
    code: "return tcp('198.51.100.7', 4444)",
    expected: /^ECONNREFUSED/,
  },
  {
    id: 'metadata',
    attempt: 'cloud metadata',
    code: "return tcp('169.254.169.254', 80, 'GET /latest/meta-data/ HTTP/1.0\\r\\n\\r\\n')",
    expected: REFUSED_HTTP,
    recorded: /^169\.254\.169\.254:80 /,
  },
  {
    id: 'bridge',
    attempt: 'the host, by its address on the bridge',
    code: "return tcp('BRIDGE', 443)",
    expected: REFUSED_TLS,
    recorded: /^[\d.]+:443 this address/,
  },
  {
    id: 'bridge-port',
    attempt: 'a port of the host',
    code: "return tcp('BRIDGE', 22)",
    expected: /^ECONNREFUSED/,
  },
  {
    id: 'host-loopback',
    attempt: "the host's loopback",
    code: "return tcp('127.0.0.1', 4444)",
    expected: /^ECONNREFUSED/,
  },
  {
    id: 'ipv6',
    attempt: 'TCP over IPv6 to a documentation address',
    code: "return tcp('2001:db8::7', 443)",
    expected: /^(closed .{7}|ENETUNREACH |EADDRNOTAVAIL )$/s,
  },
  {
    id: 'mapped',
    attempt: 'an IPv4 address in IPv6 clothes',
    code: "return tcp('::ffff:198.51.100.7', 443)",
    expected: REFUSED_TLS,
    recorded: /^198\.51\.100\.7:443 /,
  },
  {
    id: 'granted-port',
    attempt: 'the granted domain on another port',
    code: "return tcp('api.twilio.com', 80)",
    expected: REFUSED_HTTP,
    recorded: /^api\.twilio\.com:80 port 80 was not granted/,
  },
  {
    id: 'granted-ssh',
    attempt: 'the granted domain on a port where nothing listens',
    code: "return tcp('api.twilio.com', 22)",
    expected: /^ECONNREFUSED/,
  },
  {
    id: 'udp',
    attempt: 'UDP to an address',
    code: "return udp('198.51.100.7', 4444)",
    expected: /^(ECONNREFUSED|silence)$/,
  },
  {
    id: 'udp-metadata',
    attempt: 'UDP to the metadata address',
    code: "return udp('169.254.169.254', 4444)",
    expected: /^(ECONNREFUSED|silence)$/,
  },
  {
    id: 'icmp',
    attempt: 'ping',
    code: "return sh('ping -c 1 -W 1 198.51.100.7')",
    expected: /^exit [\s\S]*(not permitted|denied)/i,
  },
  {
    id: 'icmp-dgram',
    attempt: 'an unprivileged ping socket is closed to us',
    code: "return fs.readFileSync('/proc/sys/net/ipv4/ping_group_range', 'utf8')",
    expected: /^1\s+0/,
  },
  {
    id: 'interfaces',
    attempt: 'another interface than lo',
    code: "return fs.readdirSync('/sys/class/net').join()",
    expected:
      /^(bonding_masters,)?lo$|^lo,(sit0|tunl0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0|,)*$/,
  },
];
