import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerRequired } from './docker-required.ts';

export const hasCompiler = spawnSync('cc', ['--version']).status === 0;
if (!hasCompiler && dockerRequired) throw new Error('no C compiler, which tests need');
if (!hasCompiler) process.stderr.write('SKIPPED: no C compiler: the tests of system calls\n');

/** System calls that nobody may make, whatever the arguments. */
const FORBIDDEN = [
  ...['unshare', 'setns', 'mount', 'umount2', 'pivot_root', 'chroot', 'move_mount', 'open_tree', 'fsopen'],
  ...['open_by_handle_at', 'name_to_handle_at', 'keyctl', 'add_key', 'request_key', 'bpf', 'perf_event_open'],
  ...['userfaultfd', 'ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd', 'kcmp'],
  ...['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'kexec_load', 'init_module', 'finit_module'],
  ...['delete_module', 'reboot', 'swapon', 'swapoff', 'acct', 'settimeofday', 'clock_settime', 'adjtimex'],
  ...['sethostname', 'syslog', 'quotactl', 'shmget', 'semget', 'mq_open', 'mknodat', 'setdomainname'],
];

/** Tries system calls one by one; prints `name ok` or `name errno`. */
const SOURCE = `#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void say(const char *n, long r) { if (r < 0) printf("%s %d\\n", n, errno); else printf("%s ok\\n", n); fflush(stdout); }
/* getpid by another table than this machine's own: in a child, which may not live to say so. */
static void foreign(const char *n, int how) {
  pid_t child = fork();
  if (child == 0) {
    long r = 0;
#ifdef __x86_64__
    if (how == 0) r = syscall(0x40000000 + SYS_getpid);
    else __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory");
#else
    r = -1;
#endif
    _exit(r < 0 ? 1 : 0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("%s %s\\n", n, WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "ok" : "refused");
  fflush(stdout);
}
int main(void) {
  int p[2];
  say("tcp", socket(2, SOCK_STREAM, 0)); say("udp", socket(2, SOCK_DGRAM, 17)); say("tcp6", socket(10, SOCK_STREAM, 6));
  say("unix", socket(1, SOCK_STREAM, 0)); say("netlink-route", socket(16, SOCK_RAW, 0)); say("unixpair", socketpair(1, SOCK_STREAM, 0, p));
  say("icmp", socket(2, SOCK_DGRAM, 1)); say("raw", socket(2, SOCK_RAW, 255)); say("mptcp", socket(2, SOCK_STREAM, 262));
  say("packet", socket(17, SOCK_RAW, 0)); say("vsock", socket(40, SOCK_STREAM, 0)); say("alg", socket(38, SOCK_SEQPACKET, 0));
  say("netfilter", socket(16, SOCK_RAW, 12)); say("xfrm", socket(16, SOCK_RAW, 6)); say("vsockpair", socketpair(40, SOCK_STREAM, 0, p));
  say("high-half", syscall(SYS_socket, 0x100000002L, SOCK_STREAM, 0)); say("personality", syscall(SYS_personality, 0x0020000));
  say("clone-user", syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0)); say("clone-net", syscall(SYS_clone, CLONE_NEWNET | 17, 0, 0, 0, 0));
  say("clone3", syscall(SYS_clone3, 0, 0)); say("no-such-call", syscall(999, 0)); say("next-table", syscall(1000000, 0));
  ${FORBIDDEN.map((name) => `say("${name}", syscall(SYS_${name}, 0, 0, 0, 0, 0, 0));`).join(' ')}
  foreign("x32", 0); foreign("i386", 1);
  return 0;
}`;

const EPERM = '1';
const ENOSYS = '38';

/** What a workload must get, under every runtime that isolates. */
export const EXPECTED_SYSCALLS: Readonly<Record<string, string>> = {
  ...all(['tcp', 'udp', 'tcp6', 'netlink-route', 'unixpair'], 'ok'),
  ...all(['unix', 'icmp', 'raw', 'mptcp', 'packet', 'vsock', 'alg', 'netfilter', 'xfrm', 'vsockpair'], EPERM),
  ...all(['high-half', 'personality', 'clone-user', 'clone-net'], EPERM),
  ...all(FORBIDDEN, EPERM),
  ...all(['x32', 'i386'], 'refused'),
  ...all(['clone3', 'no-such-call', 'next-table'], ENOSYS),
};

/** Puts the program `try` into a folder, statically linked: it runs anywhere. */
export function compileSyscalls(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const aside = mkdtempSync(join(tmpdir(), 'spendwise-test-cc-'));
  writeFileSync(join(aside, 'try.c'), SOURCE);
  execFileSync('cc', ['-static', '-o', join(folder, 'try'), join(aside, 'try.c')]);
  rmSync(aside, { recursive: true });
}

/** What `try` printed, as names and results. */
export const syscallsOf = (output: string): Record<string, string> =>
  Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );

function all(names: readonly string[], result: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, result]));
}
