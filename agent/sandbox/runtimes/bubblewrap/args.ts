import { readFileSync } from 'node:fs';
import type { EgressPolicy } from '../../broker/egress-policy.ts';
import { CA_PATH, endsTls } from '../../broker/trust.ts';
import { NotConfigured } from '../../foundation/errors.ts';
import type { WorkloadStart } from '../../gateway/workload.ts';
import { CODE_AT, mountOrder, placeOf } from '../../manifest/container-paths.ts';
import type { Code, LaunchPlan } from '../../plan/launch-plan.ts';
import type { HeldPaths } from '../held-paths.ts';
import { hostsFile, RESOLV_CONF } from '../name-files.ts';
import { gatewayWords, MAX_FILE_BYTES, workloadEnvironment } from '../pod.ts';
import type { WorkloadUser } from '../workload-user.ts';
import { Staging } from './staging.ts';
import { devices, maskedProc, systemTree } from './tree.ts';

/** Where things lie in the gateway's tree. The workload sees none of it. */
const AT = {
  bwrap: '/run/spendwise/bwrap',
  gateway: '/run/spendwise/gateway',
  scratch: '/run/spendwise/scratch',
  code: '/run/spendwise/code',
  ca: '/run/spendwise/ca.pem',
  grant: (index: number) => `/run/spendwise/grants/${index}`,
} as const;
const PATH = '/usr/local/bin:/usr/bin:/bin';

/** Of this machine: the programs that a pod is made with, and the folder of the relay's bundle. */
export interface PodParts {
  readonly bwrap: string;
  readonly node: string;
  readonly gateway: string;
}

/** What both sandboxes are. `--new-session`: a terminal of ours must not be typed into. */
export const ISOLATED = ['--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'];
/** What sets the pod up, before the relay is started without them. See gateway-bubblewrap.sh. */
export const GATEWAY_CAPABILITIES = ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN', 'CAP_SETPCAP'].flatMap((name) => [
  '--cap-add',
  name,
]);
// #region namespaces
/** In the gateway's network, which is but a loopback; in all else a world of its own, and no further one within. */
export const WORKLOAD_NAMESPACES = [
  ...['--unshare-user', '--disable-userns', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
  '--unshare-cgroup-try',
];
// #endregion

/**
 * The command that makes the pod: no network but its own loopback, and in it the relay. Frames go over descriptors 0 and 1, the server's stdin,
 * stdout and stderr are 3, 4 and 5; 6 is read to its end for what the workload trusts. What was granted is laid ready here, at paths that say nothing.
 */
export function podArgs(
  { bwrap, node, gateway }: PodParts,
  { granted }: LaunchPlan,
  code: Code,
  { ports, addresses }: Pick<EgressPolicy, 'ports' | 'addresses'>,
  user: WorkloadUser,
  { identities }: Pick<HeldPaths, 'identities'>,
): string[] {
  const staging = new Staging(user);
  const bind = (path: string, to: string, write = false) => [
    write ? '--bind' : '--ro-bind',
    staging.at(path),
    to,
  ];
  const options = [
    ...['--unshare-all', ...ISOLATED, ...GATEWAY_CAPABILITIES, '--hostname', 'sandbox'],
    ...['--setenv', 'PATH', `${PATH}:/usr/sbin:/sbin`],
    ...systemTree(),
    ...[...bind(node, '/usr/local/bin/node'), ...bind(bwrap, AT.bwrap), ...bind(gateway, AT.gateway)],
    ...[...bind(code.folder, AT.code), '--dir', AT.scratch],
    ...mountOrder(granted).flatMap(({ path, write }, index) => bind(path, AT.grant(index), write)),
    ...['--perms', '0444', '--file', '6', AT.ca],
    ...['--proc', '/proc', ...devices(), '--dir', '/tmp', '--remount-ro', '/'],
    ...['--', '/bin/sh', `${AT.gateway}/gateway-bubblewrap.sh`, ...identities, '--'],
    ...gatewayWords(ports, addresses),
  ];
  return [...staging.prefix, bwrap, ...options];
}

/**
 * Writable memory of one process. V8 has half a gigabyte of that for the code of each thread with JavaScript, nearly all
 * of it never used: under 1 GiB no worker would start. What is used is watched, see gateway/memory.ts.
 */
const MAX_DATA_BYTES = 8 * 2 ** 30;

/**
 * Set before the workload's sandbox is made, by a program that lies in the gateway's tree: nothing granted can stand in
 * its place. Processes and threads are counted by user namespace since Linux 5.14, and so by pod, the gateway's among
 * them; before, by person.
 */
export function limits(kernel: string): [string, ...string[]] {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return [
    '/usr/bin/prlimit',
    ...['--nofile=1024:1024', '--core=0:0', `--data=${MAX_DATA_BYTES}:${MAX_DATA_BYTES}`],
    `--fsize=${MAX_FILE_BYTES}:${MAX_FILE_BYTES}`,
    ...(major > 5 || (major === 5 && minor >= 14) ? ['--nproc=128:128'] : []),
    '--',
  ];
}

/** `seccomp.json` as the program that the kernel takes, compiled by `npm run seccomp-filter`. */
export const seccompFilter = (machine: string): URL => new URL(`./seccomp-${machine}.bpf`, import.meta.url);

export interface WorkloadFiles {
  readonly addresses: ReadonlyMap<string, string>;
  readonly user: WorkloadUser;
  readonly machine: string;
  readonly kernel: string;
}

/**
 * The workload, a sandbox within the pod: what the relay is to start. Options go through a pipe, for among them are the
 * values of variables, as do the files of its own that it sees.
 */
export function workloadLaunch(
  plan: LaunchPlan,
  command: readonly string[],
  files: WorkloadFiles,
): WorkloadStart {
  const { addresses, user } = files;
  const texts: [string, string][] = [
    ['/etc/hosts', hostsFile(addresses)],
    ['/etc/resolv.conf', RESOLV_CONF],
    ['/etc/nsswitch.conf', 'hosts: files dns\n'],
    ['/etc/passwd', `user:x:${user.uid}:${user.gid}::/tmp:/bin/sh\n`],
    ['/etc/group', `user:x:${user.gid}:\n`],
  ];
  const variables = { PATH, HOME: '/tmp', ...workloadEnvironment(plan) };
  const options = [
    ...[...ISOLATED, ...WORKLOAD_NAMESPACES, '--seccomp', '4'],
    ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
    ...systemTree(),
    ...['--ro-bind', '/usr/local/bin/node', '/usr/local/bin/node', '--ro-bind', AT.code, CODE_AT],
    ...[...devices(), '--bind', `${AT.scratch}/shm`, '/dev/shm', '--remount-ro', '/dev'],
    ...[...maskedProc(), '--bind', `${AT.scratch}/tmp`, '/tmp'],
    ...texts.flatMap(([path], index) => ['--perms', '0444', '--ro-bind-data', String(5 + index), path]),
    ...(endsTls(plan.granted) ? ['--ro-bind', AT.ca, CA_PATH] : []),
    // Last: one may lie within /tmp.
    ...mountOrder(plan.granted).flatMap((grant, index) => [
      grant.write ? '--bind' : '--ro-bind',
      AT.grant(index),
      placeOf(grant),
    ]),
    ...['--remount-ro', '/', '--chdir', CODE_AT],
  ];
  const broken = options.find((option) => option.includes('\0'));
  if (broken !== undefined)
    throw new NotConfigured(`${plan.manifest.name}: a granted value contains a null character`, 'remove it');
  const pipes = [
    options.join('\0'),
    readFileSync(seccompFilter(files.machine)),
    ...texts.map(([, text]) => text),
  ];
  return {
    command: [...limits(files.kernel), AT.bwrap, '--args', '3', '--', ...command],
    pipes: pipes.map((content) => Buffer.from(content).toString('base64')),
  };
}
