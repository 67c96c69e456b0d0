import { type Attempt, type AttemptClass, fails, inside } from '../attempt.ts';

type Argument = number | string | null;

/** One system call by a program of the server's own; arguments are harmless where it would be let through. */
const call = (
  id: string,
  attempt: string,
  name: string,
  args: readonly Argument[],
  end: Partial<Attempt> = {},
): Attempt => ({
  id,
  attempt,
  code: inside(({ syscall }, _values, name, args) => syscall(name, ...args), name, args),
  expected: /^EPERM$/,
  ...end,
});

const HARMS = { guardedBy: 'machine' } as const;
const [NEWUSER, NEWNET, NEWNS, NEWPID, NEWUTS, NEWIPC, NEWCGROUP] = [
  0x10000000, 0x40000000, 0x20000, 0x20000000, 0x4000000, 0x8000000, 0x2000000,
] as const;

/** What the kernel would hand out: namespaces, mounts, tracing, and interfaces that have had many holes. */
export const kernel: AttemptClass = {
  name: 'kernel',
  must: 'the kernel refuses the call',
  attempts: [
    call('user-namespace', 'a user namespace of its own', 'unshare', [NEWUSER]),
    call('user-net-namespace', 'user and network namespaces at once', 'unshare', [NEWUSER + NEWNET]),
    call('net-namespace', 'a network namespace', 'unshare', [NEWNET]),
    call('mount-namespace', 'a mount namespace', 'unshare', [NEWNS]),
    call('pid-namespace', 'a process namespace', 'unshare', [NEWPID]),
    call('uts-namespace', 'a host name namespace', 'unshare', [NEWUTS]),
    call('ipc-namespace', 'an IPC namespace', 'unshare', [NEWIPC]),
    call('cgroup-namespace', 'a cgroup namespace', 'unshare', [NEWCGROUP]),
    call('clone3', 'a namespace by clone3, whose flags a filter cannot see', 'clone3', [null, 64], {
      expected: /^ENOSYS$/,
    }),
    fails(
      'setns',
      "join the first process's namespaces",
      ({ fs }) => {
        const of = (pid: string, ns: string) => fs.readlinkSync(`/proc/${pid}/ns/${ns}`);
        const others = ['net', 'mnt', 'user', 'ipc'].filter((ns) => of('1', ns) !== of('self', ns));
        return others.map((ns) => fs.openSync(`/proc/1/ns/${ns}`, 'r')).length;
      },
      /^(EACCES|EPERM|done 0)$/,
    ),
    call('setns-call', 'join a namespace', 'setns', [0, 0]),
    call('mount', 'mount something', 'mount', ['none', '/tmp', 'tmpfs', 0, 0], HARMS),
    call('remount', 'remount the root writable', 'mount', ['none', '/', 0, 32, 0], HARMS),
    call('bind', 'bind the root somewhere else', 'mount', ['/', '/tmp', 0, 4096, 0], HARMS),
    call('umount', 'take a mount away', 'umount2', ['/run/spendwise/ca.pem', 2], HARMS),
    call('move-mount', 'move a mount, the new way', 'move_mount', [-1, '', -1, '', 4], HARMS),
    call(
      'mount-setattr',
      'make a mount writable, the new way',
      'mount_setattr',
      [-1, '/', 0, null, 32],
      HARMS,
    ),
    call('fsopen', 'open a file system', 'fsopen', ['tmpfs', 0]),
    call('open-tree', 'clone a mount', 'open_tree', [-100, '/', 1]),
    call('pivot-root', 'another root', 'pivot_root', ['/tmp', '/tmp'], HARMS),
    call('chroot', 'chroot', 'chroot', ['/tmp']),
    call('handle', 'a file by its handle, past all mounts', 'open_by_handle_at', [-100, null, 0]),
    call('handle-name', 'the handle of a file', 'name_to_handle_at', [-100, '/', null, null, 0]),
    call('io-uring', 'io_uring', 'io_uring_setup', [1, null]),
    call('bpf', 'BPF', 'bpf', [0, null, 0]),
    call('perf', 'performance counters', 'perf_event_open', [null, 0, -1, -1, 0]),
    call('userfaultfd', 'handle page faults', 'userfaultfd', [0]),
    call('ptrace', 'be traced', 'ptrace', [0, 0, 0, 0]),
    call('vm-write', "write another process's memory", 'process_vm_writev', [1, null, 1, null, 1, 0]),
    call('kcmp', 'compare processes', 'kcmp', [1, 1, 0, 0, 0]),
    call('keyctl', "the kernel's keyring", 'keyctl', [0, -3, 0]),
    call('add-key', 'a key of its own', 'add_key', ['user', 'drill', null, 4, -2]),
    call('personality', 'another personality', 'personality', [0x0400000]),
    call('fanotify', "watch everybody's files", 'fanotify_init', [0, 0]),
    call('syslog', "the kernel's log", 'syslog', [3, null, 16]),
    call('quota', 'quotas', 'quotactl', [0, 0, 0, null]),
    call('module', 'load a module', 'init_module', [null, 0, ''], HARMS),
    call('kexec', 'another kernel', 'kexec_load', [0, 0, null, 0], HARMS),
    call('reboot', 'reboot', 'reboot', [0, 0, 0, 0], HARMS),
    call('swap', 'swap', 'swapon', ['/tmp/none', 0], HARMS),
    call('accounting', 'process accounting', 'acct', ['/tmp/none'], HARMS),
    call('host-name', "the machine's name", 'sethostname', ['drill', 5], HARMS),
    call('clock', "the machine's clock", 'clock_settime', [0, null], HARMS),
    call('netfilter', 'the firewall', 'socket', [16, 3, 12]),
    call('audit', "the kernel's audit", 'socket', [16, 3, 9]),
    call('uevent', 'device events', 'socket', [16, 3, 15]),
  ],
};
