import { ConsentMissing, NotConfigured } from '../../errors.ts';
import type { EgressPolicy } from '../broker/egress-policy.ts';
import { isWithin } from '../mountable.ts';
import type { Code, LaunchPlan } from './runtime.ts';
import type { WorkloadUser } from './workload-user.ts';

export const CA_PATH = '/run/spendwise/ca.pem';

export interface Pod {
  readonly gateway: string;
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
}

const COMMON = [
  'run',
  '-i',
  '--rm',
  '--log-driver',
  'none',
  '--read-only',
  '--security-opt',
  'no-new-privileges',
  '--ulimit',
  'core=0:0',
];

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
const nameMounts = ({ hosts, resolvConf }: NameFiles): string[] => [
  ...mount(hosts, '/etc/hosts', false),
  ...mount(resolvConf, '/etc/resolv.conf', false),
];

const labels = (pod: Pod): string[] =>
  Object.entries(pod.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);

/** The gateway: no network but its own loopback, on which every granted domain has an address. */
export function gatewayArgs(
  pod: Pod,
  image: string,
  { addresses, ports }: Pick<EgressPolicy, 'addresses' | 'ports'>,
  files: NameFiles,
): string[] {
  return [
    ...COMMON,
    ...['--name', pod.gateway, ...labels(pod), '--network', 'none', '--user', '0:0'],
    ...nameMounts(files),
    ...['--sysctl', 'net.ipv6.conf.all.disable_ipv6=0', '--sysctl', 'net.ipv4.ping_group_range=1 0'],
    // Docker's default, said aloud: Podman has another.
    ...['--sysctl', 'net.ipv4.ip_unprivileged_port_start=0'],
    ...[
      '--cap-drop',
      'ALL',
      ...['NET_ADMIN', 'SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', name]),
    ],
    ...[
      '--pids-limit',
      '128',
      '--memory',
      '256m',
      '--memory-swap',
      '256m',
      '--cpus',
      '1',
      '--ulimit',
      'nofile=1024:1024',
    ],
    '--',
    image,
    ...gatewayWords(ports, addresses),
  ];
}

/** What the relay is told: where to listen, and which names stand for which addresses of its pod. */
export const gatewayWords = (ports: readonly number[], addresses: ReadonlyMap<string, string>): string[] => [
  ...ports.map(String),
  ...[...addresses].map(([name, address]) => `${name}=${address}`),
];

export interface WorkloadImage {
  readonly image: string;
  /** Mounted and started in it; without, the image's own entry point starts the server. */
  readonly code: Code | undefined;
}

/** The workload: in the gateway's network and process namespaces, with nothing but what was granted. */
export function workloadArgs(
  pod: Pod,
  plan: LaunchPlan,
  { image, code }: WorkloadImage,
  { uid, gid }: WorkloadUser,
  files: NameFiles & { seccomp: string; ca: string | undefined },
): string[] {
  const { manifest, granted } = plan;
  const mounts = nameMounts(files);
  const targets: string[] = [];
  for (const grant of granted) {
    if (grant.type !== 'fs') continue;
    const target = grant.containerPath ?? grant.path;
    targets.push(target);
    mounts.push(...mount(grant.path, target, grant.write));
  }
  const command: string[] = [];
  if (code !== undefined) {
    assertCodeGranted(plan, code);
    const [program, ...args] = code.command;
    mounts.push(...mount(code.folder, '/app', false), '--workdir', '/app', '--entrypoint', program);
    command.push(...args);
  }
  if (files.ca !== undefined)
    mounts.push(...mount(files.ca, CA_PATH, false), '-e', `NODE_EXTRA_CA_CERTS=${CA_PATH}`);
  return [
    ...COMMON,
    ...[
      '--name',
      pod.workload,
      ...labels(pod),
      '--network',
      `container:${pod.gateway}`,
      '--pid',
      `container:${pod.gateway}`,
    ],
    ...['--user', `${uid}:${gid}`, '--cap-drop', 'ALL', '--security-opt', `seccomp=${files.seccomp}`],
    ...['--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777'],
    ...WRITABLE_IN_PODMAN.filter((path) => !targets.some((target) => isWithin(target, path))).flatMap(
      (path) => ['--tmpfs', `${path}:ro,noexec,nosuid,nodev,size=4k`],
    ),
    ...[
      '--pids-limit',
      '128',
      '--memory',
      '1g',
      '--memory-swap',
      '1g',
      '--cpus',
      '1',
      '--ulimit',
      'nofile=1024:1024',
    ],
    ...mounts,
    // By name: the value stands in the client's environment, not in an argument list.
    ...Object.keys(workloadEnvironment(plan)).flatMap((name) => ['-e', name]),
    '--',
    image,
    ...command,
    ...manifest.runtimeArgs,
  ];
}

/** Throws ConsentMissing when the folder of the code was asked for as well, and refused. */
export function assertCodeGranted({ manifest, refused }: LaunchPlan, { folder }: Code): void {
  if (!refused.some((p) => p.type === 'fs' && p.path === folder)) return;
  throw new ConsentMissing(
    `${manifest.name} is not started: you refused its code`,
    'grant it, or do without the server',
  );
}

/** What a credential is in the container: the broker puts the real one in. */
export const PLACEHOLDER = 'placeholder-the-broker-puts-the-real-one-in';

/** The granted variables, the secret half of every credential replaced by a placeholder. */
export function workloadEnvironment({ granted, env }: LaunchPlan): Record<string, string> {
  const secrets = new Set(
    granted.map((p) => (p.type === 'domain' ? p.http?.credential?.password : undefined)),
  );
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, secrets.has(name) ? PLACEHOLDER : value]),
  );
}

function mount(source: string, target: string, writable: boolean): string[] {
  for (const path of [source, target]) {
    // What separates fields of --mount: a path must not be able to add one.
    if (/[,"\n]/.test(path))
      throw new NotConfigured(`${path} cannot be mounted: it holds a comma or a quote`, 'rename it');
  }
  return ['--mount', `type=bind,src=${source},dst=${target}${writable ? '' : ',readonly'}`];
}
