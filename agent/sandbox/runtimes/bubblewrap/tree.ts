import { existsSync, lstatSync, readlinkSync } from 'node:fs';

/**
 * What programs need of this machine to run, read-only: programs, libraries, certificates, time zones. An allowlist:
 * nothing of /home, /root, /var, /opt, /srv or /usr/local, and of /etc no more than this.
 */
const SYSTEM = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib',
  '/usr/lib32',
  '/usr/lib64',
  '/usr/libexec',
  '/usr/share/ca-certificates',
  '/usr/share/zoneinfo',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ssl/certs',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
];

/** On most systems links into /usr, on some folders of their own. */
const ROOT = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** As options of bwrap. The same paths hold outside and inside, so a sandbox within takes the same. */
export const systemTree = (): string[] => [
  ...SYSTEM.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path]),
  ...ROOT.filter((path) => existsSync(path)).flatMap((path) =>
    lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
  ),
];

/** The harmless devices, and the links that programs expect. */
export const devices = (): string[] => [
  ...['--tmpfs', '/dev'],
  ...['null', 'zero', 'full', 'random', 'urandom'].flatMap((name) => [
    '--dev-bind',
    `/dev/${name}`,
    `/dev/${name}`,
  ]),
  ...['--symlink', '/proc/self/fd', '/dev/fd', '--symlink', '/proc/self/fd/0', '/dev/stdin'],
  ...['--symlink', '/proc/self/fd/1', '/dev/stdout', '--symlink', '/proc/self/fd/2', '/dev/stderr'],
];

/** What Docker masks: in these a process could read of the machine beyond its own namespaces. */
const MASKED_FILES = [
  'kcore',
  'keys',
  'latency_stats',
  'sched_debug',
  'timer_list',
  'timer_stats',
  'interrupts',
];
const MASKED_FOLDERS = ['acpi', 'asound', 'scsi'];

/** A /proc of the sandbox's own processes: masked, and read-only as a whole. */
export const maskedProc = (): string[] => [
  ...['--proc', '/proc'],
  ...here(MASKED_FILES).flatMap((path) => ['--ro-bind', '/dev/null', path]),
  ...here(MASKED_FOLDERS).flatMap((path) => ['--tmpfs', path, '--remount-ro', path]),
  ...['--remount-ro', '/proc'],
];

const here = (names: readonly string[]): string[] =>
  names.map((name) => `/proc/${name}`).filter((path) => existsSync(path));
