import { type AttemptClass, inside } from '../attempt.ts';

/** In a user namespace of its own there is nobody else to become. */
const NO_SUCH_USER = /^(EPERM|EINVAL)$/;

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
    {
      id: 'setuid',
      attempt: 'become root',
      code: inside(({ attempt }) => attempt(() => process.setuid?.(0))),
      expected: NO_SUCH_USER,
      guardedBy: 'machine',
    },
    {
      id: 'setuid-gateway',
      attempt: "become the gateway's user",
      code: inside(({ attempt }) => attempt(() => process.setuid?.(65533))),
      expected: NO_SUCH_USER,
      guardedBy: 'machine',
    },
    {
      id: 'setgid',
      attempt: 'join the group root',
      code: inside(({ attempt }) => attempt(() => process.setgid?.(0))),
      expected: NO_SUCH_USER,
      guardedBy: 'machine',
    },
    {
      id: 'groups',
      attempt: 'join other groups',
      code: inside(({ attempt }) => attempt(() => process.setgroups?.([0, 65533]))),
      expected: /^EPERM$/,
      guardedBy: 'machine',
    },
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
    {
      id: 'setuid-own',
      attempt: "make a program of root's in the granted folder",
      code: inside(({ attempt, fs, program }, { WRITABLE }) =>
        attempt(() => {
          const at = program(`${WRITABLE}/suid`, 'close', -1);
          try {
            fs.chownSync(at, 0, 0);
          } finally {
            fs.rmSync(at, { force: true });
          }
        }),
      ),
      expected: NO_SUCH_USER,
      guardedBy: 'machine',
    },
    {
      id: 'route',
      attempt: "remove the gateway's route",
      code: inside(({ tool }) => tool('busybox', 'ip', 'route', 'del', 'local', '0.0.0.0/0', 'dev', 'lo')),
      expected: /^exit \d+ .*permitted/i,
      guardedBy: 'machine',
    },
    {
      id: 'address',
      attempt: 'give lo another address',
      code: inside(({ tool }) => tool('busybox', 'ip', 'addr', 'add', '198.51.100.7/32', 'dev', 'lo')),
      expected: /^exit \d+ .*permitted/i,
      guardedBy: 'machine',
    },
    {
      id: 'interface-down',
      attempt: 'take lo down',
      code: inside(({ tool }) => tool('busybox', 'ip', 'link', 'set', 'lo', 'down')),
      expected: /^exit \d+ .*permitted/i,
      guardedBy: 'machine',
    },
    {
      id: 'tunnel',
      attempt: 'a tunnel device',
      code: inside(({ attempt, fs }) => attempt(() => fs.openSync('/dev/net/tun', 'r+'))),
      expected: /^(ENOENT|EACCES|EPERM)$/,
      guardedBy: 'machine',
    },
    {
      id: 'forward',
      attempt: 'forward packets',
      code: inside(({ attempt, fs }) =>
        attempt(() => fs.writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')),
      ),
      expected: /^(EROFS|EACCES)$/,
      guardedBy: 'machine',
    },
    {
      id: 'ping-range',
      attempt: 'open ping to itself',
      code: inside(({ attempt, fs }) =>
        attempt(() => fs.writeFileSync('/proc/sys/net/ipv4/ping_group_range', '0 2147483647')),
      ),
      expected: /^(EROFS|EACCES)$/,
      guardedBy: 'machine',
    },
    {
      id: 'core-pattern',
      attempt: 'have the kernel run a program on a crash',
      code: inside(({ attempt, fs }) =>
        attempt(() => fs.writeFileSync('/proc/sys/kernel/core_pattern', '|/tmp/x')),
      ),
      expected: /^(EROFS|EACCES)$/,
      guardedBy: 'machine',
    },
    {
      id: 'release-agent',
      attempt: 'have cgroups run a program at the end',
      code: inside(({ fs, attempt }) =>
        attempt(() => {
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
        }),
      ),
      expected: /^(done none|ENOENT|EACCES)$/,
      guardedBy: 'machine',
    },
    {
      id: 'uevent-helper',
      attempt: 'have devices run a program',
      code: inside(({ attempt, fs }) =>
        attempt(() => fs.writeFileSync('/sys/kernel/uevent_helper', '/tmp/x')),
      ),
      expected: /^(EROFS|EACCES|ENOENT)$/,
      guardedBy: 'machine',
    },
    {
      id: 'sysrq',
      attempt: 'reboot by sysrq',
      code: inside(({ attempt, fs }) => attempt(() => fs.openSync('/proc/sysrq-trigger', 'w'))),
      expected: /^(EROFS|EACCES|ENOENT)$/,
      guardedBy: 'machine',
    },
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
    {
      id: 'kcore',
      attempt: "the kernel's memory",
      code: inside(({ attempt, fs }) =>
        attempt(() => fs.readSync(fs.openSync('/proc/kcore', 'r'), Buffer.alloc(16))),
      ),
      expected: /^(EACCES|EPERM|ENOENT|done 0)$/,
    },
    {
      id: 'terminal',
      attempt: 'type into a terminal',
      code: inside(({ attempt, fs }) => attempt(() => fs.openSync('/dev/tty', 'r+'))),
      expected: /^(ENXIO|ENOENT|EACCES|EPERM)$/,
    },
  ],
};
