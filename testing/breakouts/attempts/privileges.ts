import type { Attempt } from '../attempt.ts';

const RELAY =
  "const relay = fs.readdirSync('/proc').find((n) => /^[0-9]+$/.test(n) && fs.readFileSync('/proc/' + n + '/cmdline', 'utf8').includes('relay.mjs') && fs.readFileSync('/proc/' + n + '/cmdline', 'utf8').startsWith('node'));";

/** Rights: none, no way to get any, and none over the gateway. */
export const privileges: readonly Attempt[] = [
  {
    id: 'status',
    attempt: 'hold a capability, or be free of the filter',
    code: "return fs.readFileSync('/proc/self/status', 'utf8').match(/^(Uid|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):.*$/gm).join(';').replace(/\\t/g, ' ')",
    expected: /^Uid: (?!0 )\d+ .*;CapPrm: 0+;CapEff: 0+;CapBnd: 0+;CapAmb: 0+;NoNewPrivs: 1;Seccomp: 2$/,
  },
  {
    id: 'setuid',
    attempt: 'become root',
    code: 'return attempt(() => process.setuid(0))',
    expected: /^EPERM$/,
  },
  {
    id: 'setuid-gateway',
    attempt: "become the gateway's user",
    code: 'return attempt(() => process.setuid(65533))',
    expected: /^EPERM$/,
  },
  {
    id: 'setuid-binaries',
    attempt: 'find a setuid program',
    code: "return sh('busybox find / -xdev -perm -4000 -type f 2>/dev/null')",
    expected: /^(ok|exit 1)$/,
  },
  {
    id: 'user-namespace',
    attempt: 'a user namespace of its own',
    code: "return sh('busybox unshare -U true')",
    expected: /^exit .*permitted/i,
  },
  {
    id: 'net-namespace',
    attempt: 'a network namespace of its own',
    code: "return sh('busybox unshare -n true')",
    expected: /^exit .*permitted/i,
  },
  {
    id: 'mount-namespace',
    attempt: 'a mount namespace of its own',
    code: "return sh('busybox unshare -m true')",
    expected: /^exit .*permitted/i,
  },
  {
    id: 'setns',
    attempt: "join the gateway's namespaces",
    code: "return sh('busybox nsenter -t 1 -n true')",
    expected: /^exit .*(permitted|denied|invalid)/i,
  },
  {
    id: 'chroot',
    attempt: 'chroot',
    code: "return sh('busybox chroot /app true')",
    expected: /^exit .*permitted/i,
  },
  {
    id: 'route',
    attempt: "remove the gateway's route",
    code: "return sh('busybox ip route del local 0.0.0.0/0 dev lo')",
    expected: /^exit .*permitted/i,
  },
  {
    id: 'address',
    attempt: 'give lo another address',
    code: "return sh('busybox ip addr add 198.51.100.7/32 dev lo')",
    expected: /^exit .*permitted/i,
  },
  {
    id: 'kill-gateway',
    attempt: 'kill the relay',
    code: `${RELAY} return attempt(() => process.kill(Number(relay), 'SIGKILL'))`,
    expected: /^EPERM$/,
  },
  {
    id: 'stop-gateway',
    attempt: 'stop the relay',
    code: `${RELAY} return attempt(() => process.kill(Number(relay), 'SIGSTOP'))`,
    expected: /^EPERM$/,
  },
  {
    id: 'kill-init',
    attempt: 'kill PID 1',
    code: "return attempt(() => process.kill(1, 'SIGKILL'))",
    expected: /^EPERM$/,
  },
  {
    id: 'relay-memory',
    attempt: "read the relay's memory",
    code: `${RELAY} return attempt(() => fs.openSync('/proc/' + relay + '/mem', 'r+'))`,
    expected: /^(EACCES|EPERM)$/,
  },
  {
    id: 'relay-wire',
    attempt: "write on the relay's wire",
    code: `${RELAY} return attempt(() => fs.openSync('/proc/' + relay + '/fd/1', 'w'))`,
    expected: /^(EACCES|EPERM)$/,
  },
  {
    id: 'relay-root',
    attempt: "enter the relay's file system",
    code: `${RELAY} return attempt(() => fs.readdirSync('/proc/' + relay + '/root'))`,
    expected: /^(EACCES|EPERM)$/,
  },
  {
    id: 'port-steal',
    attempt: "take the relay's place on its port",
    code: "return new Promise((r) => net.createServer().on('error', (e) => r(e.code)).listen({ port: 443, host: '::' }, () => r('listening')))",
    expected: /^EADDRINUSE$/,
  },
];
