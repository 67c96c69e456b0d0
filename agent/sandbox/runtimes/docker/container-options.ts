import { readFileSync } from 'node:fs';
import { NotConfigured } from '../../foundation/errors.ts';

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly write: boolean;
}

/** A container before it is one: what differs between ours. What they share is in the two functions below. */
export interface Container {
  readonly name: string;
  /** Of this run, on the host: where its client works. */
  readonly folder: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string;
  readonly pid?: string;
  /** For Podman alone: Docker refuses the option. */
  readonly userns?: string | undefined;
  /** uid:gid */
  readonly user: string;
  readonly capabilities?: readonly string[];
  /** Path of a profile. Both ways send the file's content. */
  readonly seccomp?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** Largest file that may be written. */
  readonly fileBytes?: number;
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly workdir?: string | undefined;
  readonly entrypoint?: string | undefined;
  /** Instead of the image's own command, or for its entry point. */
  readonly command: readonly string[];
}

const PROCESSES = 128;
const PROCESSORS = 1;
const limits = ({ fileBytes }: Container): [string, number][] => [
  ['core', 0],
  ['nofile', 1024],
  ...(fileBytes === undefined ? [] : [['fsize', fileBytes] as [string, number]]),
];

const each = (flag: string, values: readonly string[] = []) => values.flatMap((value) => [flag, value]);
const pairs = (record: Readonly<Record<string, string>> = {}, between = '=') =>
  Object.entries(record).map(([name, value]) => `${name}${between}${value}`);
const given = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, value]);

/**
 * As arguments of the client. Values of variables stay out of them: the client takes them from its environment. Stdin is
 * ours and ends with us; the image's health check would run beside the server.
 */
export const runArguments = (container: Container): string[] => [
  ...[
    'run',
    '--name',
    container.name,
    '-i',
    '--rm',
    '--log-driver',
    'none',
    '--no-healthcheck',
    '--read-only',
  ],
  ...['--security-opt', 'no-new-privileges', '--cap-drop', 'ALL', '--pids-limit', `${PROCESSES}`],
  ...['--cpus', `${PROCESSORS}`, '--memory', `${container.memoryBytes}`],
  ...['--memory-swap', `${container.memoryBytes}`],
  ...each(
    '--ulimit',
    limits(container).map(([name, most]) => `${name}=${most}:${most}`),
  ),
  ...each('--label', pairs(container.labels)),
  ...['--network', container.network, ...given('--pid', container.pid)],
  ...[...given('--userns', container.userns), '--user', container.user],
  ...each('--cap-add', container.capabilities),
  ...given('--security-opt', container.seccomp && `seccomp=${container.seccomp}`),
  ...each('--sysctl', pairs(container.sysctls)),
  ...each('--tmpfs', pairs(container.tmpfs, ':')),
  ...each('--mount', container.mounts.map(mountFields)),
  ...each('-e', Object.keys(container.variables ?? {})),
  ...[...given('--workdir', container.workdir), ...given('--entrypoint', container.entrypoint)],
  ...['--', container.image, ...container.command],
];

/** Without what is mounted inside the source: `readonly` would not hold for that. */
function mountFields({ source, target, write }: Mount): string {
  return `type=bind,src=${source},dst=${target},bind-nonrecursive${write ? '' : ',readonly'}`;
}

/** Throws NotConfigured for a path that could add a field to `--mount`. */
export function mount(source: string, target: string, write = false): Mount {
  for (const path of [source, target]) {
    if (/[,"\n]/.test(path))
      throw new NotConfigured(`${path} cannot be mounted: its path contains a comma or a quote`, 'rename it');
  }
  return { source, target, write };
}

/** The same container as the body of the Engine API's request to create it; the name stands in the path. */
export const createRequest = (container: Container) => ({
  Image: container.image,
  Cmd: container.command.length > 0 ? container.command : undefined,
  Entrypoint: container.entrypoint && [container.entrypoint],
  WorkingDir: container.workdir,
  User: container.user,
  Env: pairs(container.variables),
  Labels: container.labels,
  Healthcheck: { Test: ['NONE'] },
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  OpenStdin: true,
  StdinOnce: true,
  HostConfig: {
    AutoRemove: true,
    LogConfig: { Type: 'none', Config: {} },
    ReadonlyRootfs: true,
    SecurityOpt: [
      'no-new-privileges',
      ...(container.seccomp === undefined ? [] : [`seccomp=${profile(container.seccomp)}`]),
    ],
    CapDrop: ['ALL'],
    CapAdd: container.capabilities?.map((name) => `CAP_${name}`),
    PidsLimit: PROCESSES,
    NanoCpus: PROCESSORS * 1e9,
    Memory: container.memoryBytes,
    // With swap: there is none beside it.
    MemorySwap: container.memoryBytes,
    Ulimits: limits(container).map(([Name, most]) => ({ Name, Soft: most, Hard: most })),
    NetworkMode: container.network,
    PidMode: container.pid,
    UsernsMode: container.userns,
    Sysctls: container.sysctls,
    Tmpfs: container.tmpfs,
    Mounts: container.mounts.map(({ source, target, write }) => ({
      ...{ Type: 'bind', Source: source, Target: target, ReadOnly: !write },
      BindOptions: { NonRecursive: true },
    })),
  },
});

const profile = (file: string): string => JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
