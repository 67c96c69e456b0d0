import { dirname } from 'node:path';
import type { EgressPolicy } from '../../broker/egress-policy.ts';
import { CA_PATH } from '../../broker/trust.ts';
import { CODE_AT, mountOrder, placeOf } from '../../manifest/container-paths.ts';
import { assertCodeGranted, type Code, type LaunchPlan } from '../../plan/launch-plan.ts';
import { identityOfFile } from '../held-paths.ts';
import { gatewayWords, MAX_FILE_BYTES, workloadEnvironment } from '../pod.ts';
import type { WorkloadUser } from '../workload-user.ts';
import { type Container, mount } from './container-options.ts';

export interface Pod {
  readonly gateway: string;
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The person's id is to be theirs inside as well: rootless Podman alone can, and Docker refuses the words. */
  readonly keepIds: boolean;
}

const MEBIBYTE = 2 ** 20;

/** Where Podman's `--read-only` leaves, or makes, something that can be written, without a limit and for programs too. */
const WRITABLE_IN_PODMAN = ['/run', '/var/tmp'];
const SCRATCH = 'rw,noexec,nosuid,nodev,size=64m,mode=1777';

/** On the host, of this run. */
export interface NameFiles {
  readonly hosts: string;
  readonly resolvConf: string;
}

/**
 * Both containers' own, over whatever the engine would put there: Podman refuses `--dns` without a network, does not hand
 * `--add-host` on to who joins the gateway, and copies the host's names.
 */
const nameMounts = ({ hosts, resolvConf }: NameFiles) => [
  mount(hosts, '/etc/hosts'),
  mount(resolvConf, '/etc/resolv.conf'),
];

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
    labels: pod.labels,
    // #region gateway
    network: 'none',
    userns: pod.keepIds ? 'keep-id' : undefined,
    user: '0:0',
    capabilities: ['NET_ADMIN', 'SETGID', 'SETPCAP', 'SETUID'],
    // #endregion
    sysctls: {
      'net.ipv6.conf.all.disable_ipv6': '0',
      'net.ipv4.ping_group_range': '1 0',
      // Docker's default, said aloud: Podman has another.
      'net.ipv4.ip_unprivileged_port_start': '0',
    },
    memoryBytes: 256 * MEBIBYTE,
    mounts: nameMounts(files),
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
    mounts.push(mount(code.folder, CODE_AT));
    const compared = grants.flatMap((grant, at) => [identities[at] ?? '', placeOf(grant)]);
    command.push('-c', START, 'start', identityOfFile(files.hosts), ...compared, '--', ...code.command);
  }
  if (files.ca !== undefined) mounts.push(mount(files.ca, CA_PATH));
  return {
    name: pod.workload,
    folder: dirname(files.hosts),
    image,
    labels: pod.labels,
    // #region workload
    network: `container:${pod.gateway}`,
    pid: `container:${pod.gateway}`,
    userns: pod.keepIds ? `container:${pod.gateway}` : undefined,
    user: `${uid}:${gid}`,
    seccomp: files.seccomp,
    // #endregion
    tmpfs: {
      '/tmp': SCRATCH,
      ...Object.fromEntries(WRITABLE_IN_PODMAN.map((path) => [path, 'ro,noexec,nosuid,nodev,size=4k'])),
      ...Object.fromEntries(volumes.map((path) => [path, SCRATCH])),
    },
    memoryBytes: 1024 * MEBIBYTE,
    fileBytes: MAX_FILE_BYTES,
    mounts,
    variables: workloadEnvironment(plan),
    workdir: code && CODE_AT,
    entrypoint: code && '/bin/sh',
    command: [...command, ...manifest.runtimeArgs],
  };
}
