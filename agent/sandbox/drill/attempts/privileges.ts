import { type Attempt, type AttemptClass, fails, inside } from '../attempt.ts';

/** In a user namespace of its own there is nobody else to become. */
const NO_SUCH_USER = /^(EPERM|EINVAL)$/;

const ip = (id: string, attempt: string, ...args: string[]): Attempt => ({
  id,
  attempt,
  code: inside(({ tool }, _values, ...args) => tool('busybox', 'ip', ...args), ...args),
  expected: /^exit \d+ .*permitted/i,
  guardedBy: 'machine',
});

/** Rights: none, and no way to get any. */
export const privileges: AttemptClass = {
  name: 'privileges',
  must: 'no right is held or gained',
  attempts: [
    {
      id: 'status',
      attempt: 'hold a capability, or be free of the filter',
      code: inside(({ status }) =>
        ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp']
          .map((field) => `${field} ${status('self', field)}`)
          .join(';'),
      ),
      expected: /^CapPrm 0+;CapEff 0+;CapBnd 0+;CapAmb 0+;NoNewPrivs 1;Seccomp 2$/,
    },
    {
      id: 'user',
      attempt: 'be root, or in a group of importance',
      code: inside(() => `${process.getuid?.()} ${process.getgroups?.().join()}`),
      expected: /^[1-9]\d* [1-9]\d*$/,
    },
    fails('setuid', 'become root', () => process.setuid?.(0), NO_SUCH_USER, 'machine'),
    fails(
      'setuid-gateway',
      "become the gateway's user",
      () => process.setuid?.(65533),
      NO_SUCH_USER,
      'machine',
    ),
    fails('setgid', 'join the group root', () => process.setgid?.(0), NO_SUCH_USER, 'machine'),
    fails('groups', 'join other groups', () => process.setgroups?.([0, 65533]), /^EPERM$/, 'machine'),
    {
      id: 'setuid-programs',
      attempt: 'run a setuid program, and look whom it runs as',
      code: inside(({ fs, children }) => {
        const found = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin'].flatMap((folder) => {
          try {
            return fs.readdirSync(folder).map((name) => `${folder}/${name}`);
          } catch {
            return [];
          }
        });
        const setuid = found.filter((path) => {
          try {
            return (fs.statSync(path).mode & 0o6000) !== 0;
          } catch {
            return false;
          }
        });
        const su = setuid.find((path) => path.endsWith('/su'));
        if (su === undefined) return `${setuid.length} of them cannot be told to run ours`;
        const { stdout, status } = children.spawnSync(su, ['-c', 'id -u'], { timeout: 2000, input: '' });
        return `${stdout.toString().trim() === '0' ? 'ROOT' : 'not root'} ${status}`;
      }),
      expected: /^(0 of them cannot be told to run ours|not root \d*)/,
      guardedBy: 'machine',
    },
    fails(
      'setuid-own',
      "make a program of root's in the granted folder",
      ({ fs, program }, { WRITABLE }) => {
        const at = program(`${WRITABLE}/suid`, 'close', -1);
        try {
          fs.chownSync(at, 0, 0);
        } finally {
          fs.rmSync(at, { force: true });
        }
      },
      NO_SUCH_USER,
      'machine',
    ),
    ip('route', "remove the gateway's route", 'route', 'del', 'local', '0.0.0.0/0', 'dev', 'lo'),
    ip('address', 'give lo another address', 'addr', 'add', '198.51.100.7/32', 'dev', 'lo'),
    ip('interface-down', 'take lo down', 'link', 'set', 'lo', 'down'),
    fails(
      'tunnel',
      'a tunnel device',
      ({ fs }) => fs.openSync('/dev/net/tun', 'r+'),
      /^(ENOENT|EACCES|EPERM)$/,
      'machine',
    ),
    fails(
      'forward',
      'forward packets',
      ({ fs }) => fs.writeFileSync('/proc/sys/net/ipv4/ip_forward', '1'),
      /^(EROFS|EACCES)$/,
      'machine',
    ),
    fails(
      'ping-range',
      'open ping to itself',
      ({ fs }) => fs.writeFileSync('/proc/sys/net/ipv4/ping_group_range', '0 2147483647'),
      /^(EROFS|EACCES)$/,
      'machine',
    ),
    fails(
      'core-pattern',
      'have the kernel run a program on a crash',
      ({ fs }) => fs.writeFileSync('/proc/sys/kernel/core_pattern', '|/tmp/x'),
      /^(EROFS|EACCES)$/,
      'machine',
    ),
    fails(
      'release-agent',
      'have cgroups run a program at the end',
      ({ fs }) => {
        const roots = fs.readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`);
        const open: string[] = [];
        for (const root of ['/sys/fs/cgroup', ...roots]) {
          for (const file of ['release_agent', 'cgroup.procs', 'memory.limit_in_bytes', 'memory.max']) {
            try {
              fs.closeSync(fs.openSync(`${root}/${file}`, 'r+'));
              open.push(file);
            } catch {}
          }
        }
        return open.join() || 'none';
      },
      /^(done none|ENOENT|EACCES)$/,
      'machine',
    ),
    fails(
      'uevent-helper',
      'have devices run a program',
      ({ fs }) => fs.writeFileSync('/sys/kernel/uevent_helper', '/tmp/x'),
      /^(EROFS|EACCES|ENOENT)$/,
      'machine',
    ),
    fails(
      'sysrq',
      'reboot by sysrq',
      ({ fs }) => fs.openSync('/proc/sysrq-trigger', 'w'),
      /^(EROFS|EACCES|ENOENT)$/,
      'machine',
    ),
    {
      id: 'devices',
      attempt: "the host's disks and memory",
      code: inside(
        ({ fs }) =>
          fs
            .readdirSync('/dev')
            .filter((n) => /^(sd|vd|xvd|nvme|dm-|loop|mem|kmem|kmsg|port|kvm|fuse)/.test(n))
            .join() || 'none',
      ),
      expected: /^none$/,
    },
    {
      id: 'mknod',
      attempt: 'make a device',
      code: inside(({ syscall }) => syscall('mknodat', -100, '/tmp/disk', 0o60660, 0xfe00)),
      expected: /^EPERM$/,
      guardedBy: 'machine',
    },
    fails(
      'kcore',
      "the kernel's memory",
      ({ fs }) => fs.readSync(fs.openSync('/proc/kcore', 'r'), Buffer.alloc(16)),
      /^(EACCES|EPERM|ENOENT|done 0)$/,
    ),
    fails(
      'terminal',
      'type into a terminal',
      ({ fs }) => fs.openSync('/dev/tty', 'r+'),
      /^(ENXIO|ENOENT|EACCES|EPERM)$/,
    ),
  ],
};
