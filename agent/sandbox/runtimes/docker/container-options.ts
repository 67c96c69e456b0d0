import { readFileSync } from 'node:fs';

/** Of the Engine API's request to create a container, what we use. */
export interface CreateRequest {
  readonly [field: string]: unknown;
  readonly HostConfig?: Readonly<Record<string, unknown>>;
}

/** One property of a container, in both languages side by side: flags for the client, fields for the Engine API. */
export interface ContainerOption {
  readonly flags: readonly string[];
  readonly request: CreateRequest;
  /** What the client needs in its environment, for values that must not stand in an argument list. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A container before it is one. */
export interface Container {
  readonly name: string;
  /** Of this run, on the host: where its client works. */
  readonly folder: string;
  readonly image: string;
  readonly options: readonly ContainerOption[];
  /** Instead of the image's own command, or for its entry point. */
  readonly command: readonly string[];
}

const option = (flags: readonly string[], request: CreateRequest): ContainerOption => ({ flags, request });
const hostOption = (flags: readonly string[], HostConfig: Record<string, unknown>): ContainerOption =>
  option(flags, { HostConfig });

/** Its stdin is ours, and ends with us. */
export const interactive = option(['-i'], {
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  OpenStdin: true,
  StdinOnce: true,
});
export const removedAtItsEnd = hostOption(['--rm'], { AutoRemove: true });
export const withoutLog = hostOption(['--log-driver', 'none'], { LogConfig: { Type: 'none', Config: {} } });
export const readOnly = hostOption(['--read-only'], { ReadonlyRootfs: true });
export const noNewPrivileges = hostOption(['--security-opt', 'no-new-privileges'], {
  SecurityOpt: ['no-new-privileges'],
});
export const withoutCapabilities = hostOption(['--cap-drop', 'ALL'], { CapDrop: ['ALL'] });
export const capability = (name: string) => hostOption(['--cap-add', name], { CapAdd: [`CAP_${name}`] });
/** The client reads the file and sends what stands in it. */
export const seccomp = (file: string) =>
  hostOption(['--security-opt', `seccomp=${file}`], {
    SecurityOpt: [`seccomp=${JSON.stringify(JSON.parse(readFileSync(file, 'utf8')))}`],
  });

export const label = (name: string, value: string) =>
  option(['--label', `${name}=${value}`], { Labels: { [name]: value } });
export const user = (uid: number, gid: number) =>
  option(['--user', `${uid}:${gid}`], { User: `${uid}:${gid}` });
export const workdir = (path: string) => option(['--workdir', path], { WorkingDir: path });
export const entrypoint = (program: string) => option(['--entrypoint', program], { Entrypoint: [program] });
export const variable = (name: string, value: string): ContainerOption => ({
  ...option(['-e', name], { Env: [`${name}=${value}`] }),
  env: { [name]: value },
});

/** Podman's alone: Docker refuses these words. */
export const userNamespace = (mode: string) => hostOption(['--userns', mode], { UsernsMode: mode });
export const network = (mode: string) => hostOption(['--network', mode], { NetworkMode: mode });
export const processes = (mode: string) => hostOption(['--pid', mode], { PidMode: mode });
export const sysctl = (name: string, value: string) =>
  hostOption(['--sysctl', `${name}=${value}`], { Sysctls: { [name]: value } });

export const ulimit = (name: string, most: number) =>
  hostOption(['--ulimit', `${name}=${most}:${most}`], { Ulimits: [{ Name: name, Soft: most, Hard: most }] });
export const maxProcesses = (most: number) => hostOption(['--pids-limit', String(most)], { PidsLimit: most });
/** Swap included: there is none beside it. */
export const maxMemory = (bytes: number) =>
  hostOption(['--memory', String(bytes), '--memory-swap', String(bytes)], {
    Memory: bytes,
    MemorySwap: bytes,
  });
export const maxProcessors = (most: number) => hostOption(['--cpus', String(most)], { NanoCpus: most * 1e9 });
export const scratch = (path: string, settings: string) =>
  hostOption(['--tmpfs', `${path}:${settings}`], { Tmpfs: { [path]: settings } });
/**
 * Without what is mounted inside: `readonly` would not hold for that. Paths must hold neither commas nor quotes: in the
 * flag, those separate fields.
 */
export const bind = (source: string, target: string, writable: boolean) =>
  hostOption(
    ['--mount', `type=bind,src=${source},dst=${target},bind-nonrecursive${writable ? '' : ',readonly'}`],
    {
      Mounts: [
        {
          ...{ Type: 'bind', Source: source, Target: target, ReadOnly: !writable },
          BindOptions: { NonRecursive: true },
        },
      ],
    },
  );
/** None of the image's own: it would be run beside the server. */
export const withoutHealthcheck = option(['--no-healthcheck'], { Healthcheck: { Test: ['NONE'] } });

/** As arguments of the client. */
export const runArguments = ({ name, image, options, command }: Container): string[] => [
  ...['run', '--name', name],
  ...options.flatMap(({ flags }) => flags),
  ...['--', image, ...command],
];

/** What the client needs in its environment. */
export const runEnvironment = ({ options }: Container): Record<string, string> =>
  Object.assign({}, ...options.map(({ env }) => env));

/** As the body of the Engine API's request; the name stands in its path. */
export const createRequest = ({ image, options, command }: Container): CreateRequest =>
  options.reduce<CreateRequest>((sum, { request }) => merged(sum, request) as CreateRequest, {
    Image: image,
    ...(command.length === 0 ? {} : { Cmd: command }),
  });

/** Lists one after the other, objects field by field. */
function merged(a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  if (!isObject(a) || !isObject(b)) return b;
  const sum: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) sum[key] = key in a ? merged(a[key], value) : value;
  return sum;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
