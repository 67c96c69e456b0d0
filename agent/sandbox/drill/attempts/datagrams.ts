import { type Attempt, type AttemptClass, inside, REFUSED_OR_NO_ROUTE } from '../attempt.ts';

const datagram = (id: string, attempt: string, host: string, port: number, expected: RegExp): Attempt => ({
  id,
  attempt,
  code: inside(({ udp }, _values, host, port) => udp(host, port), host, port),
  expected,
  guardedBy: 'network',
});

/** A socket of a kind: family, type, protocol. */
const socket = (id: string, attempt: string, ...kind: [number, number, number]): Attempt => ({
  id,
  attempt,
  code: inside(({ syscall }, _values, ...kind) => syscall('socket', ...kind), ...kind),
  // A kernel that has no such protocol is no way out either.
  expected: /^(EPERM|EACCES|EAFNOSUPPORT|EPROTONOSUPPORT|ESOCKTNOSUPPORT)$/,
});

/** UDP, ICMP, IPv6, and every other way to speak that is not TCP. */
export const datagrams: AttemptClass = {
  name: 'datagrams',
  must: 'nothing but TCP and UDP can be spoken, and neither leaves',
  attempts: [
    datagram('udp', 'UDP to an address', '198.51.100.7', 4444, /^(ECONNREFUSED|silence)$/),
    datagram('quic', 'UDP to the port of HTTPS', '198.51.100.7', 443, /^(ECONNREFUSED|silence)$/),
    datagram('ntp', 'UDP to the port of time', '198.51.100.7', 123, /^(ECONNREFUSED|silence)$/),
    datagram('granted', 'UDP to the granted domain', 'api.example.com', 443, /^(ECONNREFUSED|silence)$/),
    datagram('metadata', 'UDP to the metadata address', '169.254.169.254', 4444, /^(ECONNREFUSED|silence)$/),
    datagram(
      'broadcast',
      'UDP to everybody',
      '255.255.255.255',
      4444,
      /^(EACCES|ENETUNREACH|EINVAL|silence)$/,
    ),
    datagram(
      'ipv6-udp',
      'UDP over IPv6',
      '2001:db8::7',
      4444,
      /^(ECONNREFUSED|ENETUNREACH|EADDRNOTAVAIL|silence)$/,
    ),
    {
      id: 'host-udp',
      attempt: "UDP to the host's loopback",
      code: inside(({ udp }, { UDP }) => udp('127.0.0.1', UDP)),
      expected: /^(ECONNREFUSED|silence)$/,
    },
    {
      id: 'host-udp6',
      attempt: "UDP to the host's loopback over IPv6",
      code: inside(({ udp }, { UDP6 }) => udp('::1', UDP6 || 9)),
      expected: /^(ECONNREFUSED|EADDRNOTAVAIL|silence)$/,
    },
    {
      id: 'host-tcp6',
      attempt: "TCP to the host's loopback over IPv6",
      code: inside(({ tcp }, { TCP6 }) => tcp('::1', TCP6 || 9)),
      expected: /^(ECONNREFUSED|EADDRNOTAVAIL) $/,
    },
    {
      id: 'ipv6',
      attempt: 'TCP over IPv6 to an address',
      code: inside(({ tcp }) => tcp('2001:db8::7', 443)),
      expected: REFUSED_OR_NO_ROUTE,
      guardedBy: 'network',
    },
    {
      id: 'ipv6-link',
      attempt: 'TCP to all nodes of the link',
      code: inside(({ tcp }) => tcp('ff02::1', 443)),
      expected: /^(ENETUNREACH|EINVAL|EADDRNOTAVAIL) $/,
      guardedBy: 'network',
    },
    {
      id: 'multicast-join',
      attempt: 'listen to multicast of the network',
      code: inside(
        ({ dgram }) =>
          new Promise((resolve) => {
            const socket = dgram.createSocket('udp4');
            socket.on('message', () => resolve('heard'));
            socket.bind(0, () => {
              try {
                socket.addMembership('239.255.255.250');
                socket.send('M-SEARCH * HTTP/1.1\r\n\r\n', 1900, '239.255.255.250', () => {});
              } catch (error) {
                resolve((error as NodeJS.ErrnoException).code);
              }
            });
            setTimeout(() => {
              socket.close();
              resolve('silence');
            }, 500);
          }),
      ),
      expected: /^(ENODEV|EINVAL|ENETUNREACH|silence)$/,
      guardedBy: 'network',
    },
    socket('icmp', 'ping, without rights', 2, 2, 1),
    socket('icmp-raw', 'ping, raw', 2, 3, 1),
    socket('icmp-ipv6', 'ping over IPv6', 10, 2, 58),
    socket('raw', 'packets of its own making', 2, 3, 255),
    socket('packet', 'frames on the wire', 17, 3, 0x300),
    socket('sctp', 'SCTP', 2, 1, 132),
    socket('dccp', 'DCCP', 2, 6, 33),
    socket('udplite', 'UDP-Lite', 2, 2, 136),
    socket('mptcp', 'multipath TCP', 2, 1, 262),
    socket('vsock', 'the hypervisor', 40, 1, 0),
    socket('bluetooth', 'Bluetooth', 31, 3, 1),
    socket('alg', "the kernel's cryptography", 38, 5, 0),
    socket('xdp', 'XDP', 44, 3, 0),
  ],
};
