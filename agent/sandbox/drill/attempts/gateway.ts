import { type Attempt, type AttemptClass, fails, inside } from '../attempt.ts';

/** A file of the gateway's process, opened. */
const open = (id: string, attempt: string, file: string, flags: string): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ attempt, fs, gateway }, _values, file, flags) =>
      attempt(() => fs.openSync(`/proc/${gateway()}/${file}`, flags)),
    file,
    flags,
  ),
  expected: /^(EACCES|EPERM|no gateway in sight)$/,
  guardedBy: 'machine',
});

const signal = (
  id: string,
  attempt: string,
  pid: 'gateway' | '1',
  name: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM',
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ attempt, gateway }, _values, pid, name) =>
      attempt(() => {
        const relay = gateway();
        return process.kill(pid === '1' ? 1 : Number(relay), name);
      }),
    pid,
    name,
  ),
  expected: /^(EPERM|no gateway in sight)$/,
  guardedBy: 'machine',
});

/** After something that may have hurt the gateway: does it still do its work? */
const alive = 'still.alive.example';
const bytes = (id: string, attempt: string, port: number, hex: string): Attempt => ({
  id,
  attempt,
  code: inside(
    async ({ tcp, attempt, dns }, _values, port, hex, alive) => {
      await tcp('127.77.0.1', port, Buffer.from(hex, 'hex'));
      return attempt(() => dns.promises.resolve4(alive));
    },
    port,
    hex,
    alive,
  ),
  expected: /^ENOTFOUND$/,
  recorded: /^still\.alive\.example:53 a DNS query/,
  guardedBy: 'network',
});

/** The gateway is the one neighbour that the server has: it must not be killed, read, replaced or confused. */
export const gateway: AttemptClass = {
  name: 'gateway',
  must: 'the gateway is out of reach and goes on working',
  attempts: [
    signal('kill', 'kill the gateway', 'gateway', 'SIGKILL'),
    signal('stop', 'stop the gateway', 'gateway', 'SIGSTOP'),
    signal('kill-init', "kill the pod's first process", '1', 'SIGKILL'),
    signal('end-init', "ask the pod's first process to end", '1', 'SIGTERM'),
    {
      id: 'kill-all',
      attempt: 'kill everything there is',
      code: inside(({ fs, attempt }) => {
        // The first process of a namespace of its own heeds no signal from within.
        const beside = (n: string) => /^\d+$/.test(n) && n !== String(process.pid) && n !== '1';
        const others = fs.readdirSync('/proc').filter(beside);
        return Promise.all(others.map((pid) => attempt(() => process.kill(Number(pid), 'SIGKILL')))).then(
          (all) => [...new Set(all)].join(),
        );
      }),
      expected: /^(EPERM|ESRCH)?(,(EPERM|ESRCH))*$/,
      guardedBy: 'machine',
    },
    open('memory', "the gateway's memory", 'mem', 'r+'),
    open('environment', "the gateway's environment", 'environ', 'r'),
    open('wire', "the gateway's wire to the broker", 'fd/1', 'w'),
    open('root', "the gateway's file system", 'root/etc/passwd', 'r'),
    open('executable', "the gateway's program", 'exe', 'r+'),
    open('stack', "the gateway's kernel stack", 'stack', 'r'),
    open('oom', 'make the gateway the first to go when memory is short', 'oom_score_adj', 'w'),
    {
      id: 'ptrace',
      attempt: 'trace the gateway',
      code: inside(({ syscall, gateway }) => syscall('ptrace', 16, Number(gateway()), 0, 0)),
      expected: /^(EPERM|threw no gateway in sight)$/,
      guardedBy: 'machine',
    },
    {
      id: 'read-memory',
      attempt: "read the gateway's memory by a system call",
      code: inside(({ syscall, gateway }) =>
        syscall('process_vm_readv', Number(gateway()), null, 1, null, 1, 0),
      ),
      expected: /^(EPERM|threw no gateway in sight)$/,
      guardedBy: 'machine',
    },
    {
      id: 'descriptor',
      attempt: "take a descriptor of the gateway's",
      code: inside(({ syscall, gateway }) => {
        gateway();
        return syscall('pidfd_getfd', 0, 1, 0);
      }),
      expected: /^(EPERM|threw no gateway in sight)$/,
      guardedBy: 'machine',
    },
    fails(
      'limits',
      "lower the gateway's limits",
      ({ fs, gateway }) => fs.openSync(`/proc/${gateway()}/limits`, 'w'),
      /^(EACCES|EPERM|no gateway in sight)$/,
      'machine',
    ),
    fails(
      'priority',
      "change the gateway's priority",
      ({ os, gateway }) => os.setPriority(Number(gateway()), 19),
      /^(ERR_SYSTEM_ERROR|EACCES|EPERM|no gateway in sight)$/,
      'machine',
    ),
    {
      id: 'command-line',
      attempt: "find something in the gateway's command line",
      code: inside(({ fs, gateway }) =>
        fs.readFileSync(`/proc/${gateway()}/cmdline`, 'utf8').replaceAll('\0', ' '),
      ),
      expected: /^(node \/app\/relay\.mjs( \d+)+( [a-z.-]+=127\.77\.0\.\d)+ $|threw no gateway in sight)/,
      guardedBy: 'machine',
    },
    {
      id: 'port',
      attempt: "take the gateway's place on its port",
      code: inside(
        ({ net }) =>
          new Promise((resolve) => {
            const server = net.createServer();
            server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
            server.listen({ port: 443, host: '::' }, () => resolve('listening'));
          }),
      ),
      expected: /^EADDRINUSE$/,
      guardedBy: 'machine',
    },
    {
      id: 'resolver',
      attempt: "take the resolver's place",
      code: inside(
        ({ dgram }) =>
          new Promise((resolve) => {
            const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
            socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
            socket.bind(53, '127.77.255.53', () => {
              socket.close();
              resolve('bound');
            });
          }),
      ),
      // Same port, other user: the kernel does not let them share it.
      expected: /^(EADDRINUSE|EACCES)$/,
      guardedBy: 'machine',
    },
    bytes('dns-length', 'a DNS length that lies, over TCP', 53, 'ffff00'),
    bytes(
      'frames',
      "frames of the gateway's own wire",
      443,
      `01000000000000000e${'7b22706f727473223a5b34345d7d'}`,
    ),
    bytes(
      'http',
      'an HTTP proxy request',
      80,
      Buffer.from('CONNECT collector.example:443 HTTP/1.1\r\n\r\n').toString('hex'),
    ),
    bytes('socks', 'a SOCKS greeting', 443, '050100'),
    {
      id: 'dns-garbage',
      attempt: 'feed the resolver garbage of every size',
      code: inside(async ({ udp, attempt, dns }, _values, alive) => {
        await Promise.all(
          [0, 1, 11, 12, 13, 17, 300, 512, 9000].flatMap((size) =>
            [0x00, 0xff, 0x3f].map((fill) => udp('127.77.255.53', 53, Buffer.alloc(size, fill))),
          ),
        );
        return attempt(() => dns.promises.resolve4(alive));
      }, alive),
      expected: /^ENOTFOUND$/,
      recorded: /^still\.alive\.example:53 a DNS query/,
      guardedBy: 'network',
    },
    {
      id: 'dns-pointer',
      attempt: 'a DNS name that points to itself',
      code: inside(async ({ udp, attempt, dns }, _values, alive) => {
        await udp('127.77.255.53', 53, Buffer.from('12340100000100000000000' + '0c00c00010001', 'hex'));
        return attempt(() => dns.promises.resolve4(alive));
      }, alive),
      expected: /^ENOTFOUND$/,
      guardedBy: 'network',
    },
    {
      id: 'half-open',
      attempt: 'connections that are reset, half closed, and left',
      code: inside(async ({ net, api, sleep }) => {
        for (let at = 0; at < 60; at += 1) {
          const socket = net.connect(443, 'api.example.com');
          socket.on('error', () => {});
          if (at % 3 === 0) socket.on('connect', () => socket.resetAndDestroy());
          else if (at % 3 === 1) socket.end();
          else setTimeout(() => socket.destroy(), 300);
        }
        await sleep(600);
        return api('/v1/Accounts.json');
      }),
      expected: /^403 .*no rule/,
      guardedBy: 'network',
    },
  ],
};
