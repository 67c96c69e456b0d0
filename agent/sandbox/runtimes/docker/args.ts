import { dirname } from 'node:path';
import type { EgressPolicy } from '../../broker/egress-policy.ts';
import { NotConfigured } from '../../foundation/errors.ts';
import { CODE_AT, mountOrder, placeOf } from '../../manifest/container-paths.ts';
import { assertCodeGranted, type Code, type LaunchPlan } from '../../plan/launch-plan.ts';
import { identityOfFile } from '../held-paths.ts';
import { CA_PATH, gatewayWords, MAX_FILE_BYTES, workloadEnvironment } from '../pod.ts';
import type { WorkloadUser } from '../workload-user.ts';
import {
  bind,
  type Container,
  type ContainerOption,
  capability,
  entrypoint,
  interactive,
  label,
  maxMemory,
  maxProcesses,
  maxProcessors,
  network,
  noNewPrivileges,
  processes,
  readOnly,
  removedAtItsEnd,
  scratch,
  seccomp,
  sysctl,
  ulimit,
  user,
  userNamespace,
  variable,
  withoutCapabilities,
  withoutHealthcheck,
  withoutLog,
  workdir,
} from './container-options.ts';

export interface Pod {
  readonly gateway: string;
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The person's id is to be theirs inside as well: rootless Podman alone can, and Docker refuses the words. */
  readonly keepIds: boolean;
}

const COMMON: readonly ContainerOption[] = [
  interactive,
  removedAtItsEnd,
  withoutLog,
  withoutHealthcheck,
  readOnly,
  noNewPrivileges,
  withoutCapabilities,
  ulimit('core', 0),
  ulimit('nofile', 1024),
  maxProcesses(128),
  maxProcessors(1),
];

const MEBIBYTE = 2 ** 20;

/** Where Podman's `--read-only` leaves, or makes, something that can be written, without a limit and for programs too. */
const WRITABLE_IN_PODMAN = ['/run', '/var/tmp'];

/** On the host, of this run. */
export interface NameFiles {
  readonly hosts: string;
  readonly resolvConf: string;
}

/**
 * Both containers' own, over whatever the engine would put there: Podman refuses `--dns` without a network, does not hand
 * `--add-host` on to who joins the gateway, and copies the host's names.
 */
const nameMounts = ({ hosts, resolvConf }: NameFiles): ContainerOption[] => [
  mount(hosts, '/etc/hosts', false),
  mount(resolvConf, '/etc/resolv.conf', false),
];

const labels = (pod: Pod): ContainerOption[] =>
  Object.entries(pod.labels).map(([name, value]) => label(name, value));

/** The gateway: no network but its own loopback, on which every granted domain has an address. */
export function gatewayContainer(
  pod: Pod,
  image: string,
  { addresses, ports }: Pick<EgressPolicy, 'addresses' | 'ports'>,
  files: NameFiles,
): Container {
  return {
    name: pod.gateway,
    folder: dirname(files.hosts),
    image,
    options: [
      ...COMMON,
      ...labels(pod),
      network('none'),
      ...(pod.keepIds ? [userNamespace('keep-id')] : []),
      user(0, 0),
      ...nameMounts(files),
      sysctl('net.ipv6.conf.all.disable_ipv6', '0'),
      sysctl('net.ipv4.ping_group_range', '1 0'),
      // Docker's default, said aloud: Podman has another.
      sysctl('net.ipv4.ip_unprivileged_port_start', '0'),
      ...['NET_ADMIN', 'SETGID', 'SETPCAP', 'SETUID'].map(capability),
      maxMemory(256 * MEBIBYTE),
    ],
    command: gatewayWords(ports, addresses),
  };
}

export interface WorkloadImage {
  readonly image: string;
  /** Mounted and started in it; without, the image's own entry point starts the server. */
  readonly code: Code | undefined;
  /** Of the image's `VOLUME`s those that nothing granted stands in the place of. */
  readonly volumes?: readonly string[];
}

/**
 * Starts the server's command when each mounted path is what was granted, by device and inode. `/etc/hosts` is ours: where
 * even that is another, the engine has files of its own (Docker Desktop, another machine), and there is nothing to compare.
 */
const START = `of() { stat -c %d:%i "$1" || exit 78; }
ours=$1; hosts=$(of /etc/hosts) || exit 78; shift
while [ "$1" != -- ]; do
  found=$(of "$2") || exit 78
  if [ "$hosts" = "$ours" ] && [ "$found" != "$1" ]; then
    echo 'a granted path was replaced while the server started' >&2
    exit 78
  fi
  shift 2
done
shift
# The server gets the variables that were granted, and none of a shell's.
unset SHLVL PWD OLDPWD
exec "$@"`;

/** The workload: in the gateway's network and process namespaces, with nothing but what was granted. */
export function workloadContainer(
  pod: Pod,
  plan: LaunchPlan,
  { image, code, volumes = [] }: WorkloadImage,
  { uid, gid }: WorkloadUser,
  files: NameFiles & { seccomp: string; ca: string | undefined },
  identities: readonly string[],
): Container {
  const { manifest, granted } = plan;
  const mounts = nameMounts(files);
  const grants = mountOrder(granted);
  for (const grant of grants) mounts.push(mount(grant.path, placeOf(grant), grant.write));
  const command: string[] = [];
  if (code !== undefined) {
    assertCodeGranted(plan, code);
    mounts.push(mount(code.folder, CODE_AT, false), workdir(CODE_AT), entrypoint('/bin/sh'));
    const compared = grants.flatMap((grant, at) => [identities[at] ?? '', placeOf(grant)]);
    command.push('-c', START, 'start', identityOfFile(files.hosts), ...compared, '--', ...code.command);
  }
  if (files.ca !== undefined)
    mounts.push(mount(files.ca, CA_PATH, false), variable('NODE_EXTRA_CA_CERTS', CA_PATH));
  return {
    name: pod.workload,
    folder: dirname(files.hosts),
    image,
    options: [
      ...COMMON,
      ...labels(pod),
      network(`container:${pod.gateway}`),
      processes(`container:${pod.gateway}`),
      ...(pod.keepIds ? [userNamespace(`container:${pod.gateway}`)] : []),
      user(uid, gid),
      seccomp(files.seccomp),
      scratch('/tmp', 'rw,noexec,nosuid,nodev,size=64m,mode=1777'),
      ...WRITABLE_IN_PODMAN.map((path) => scratch(path, 'ro,noexec,nosuid,nodev,size=4k')),
      ...volumes.map((path) => scratch(path, 'rw,noexec,nosuid,nodev,size=64m,mode=1777')),
      maxMemory(1024 * MEBIBYTE),
      ulimit('fsize', MAX_FILE_BYTES),
      ...mounts,
      ...Object.entries(workloadEnvironment(plan)).map(([name, value]) => variable(name, value)),
    ],
    command: [...command, ...manifest.runtimeArgs],
  };
}

function mount(source: string, target: string, writable: boolean): ContainerOption {
  for (const path of [source, target]) {
    // What separates fields of --mount: a path must not be able to add one.
    if (/[,"\n]/.test(path))
      throw new NotConfigured(`${path} cannot be mounted: it holds a comma or a quote`, 'rename it');
  }
  return bind(source, target, writable);
}
