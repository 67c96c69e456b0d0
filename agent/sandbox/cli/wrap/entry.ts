import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import type { ManifestFields } from '../../manifest/manifest.ts';

/** A server in the configuration of an MCP client, as far as it is read. */
export interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

/** What a manifest is made of; `look` asks a registry or an engine for what the entry leaves open. */
export type Read =
  | { readonly fields: Omit<ManifestFields, 'name' | 'permissions'>; readonly notes: readonly string[] }
  | { readonly why: string };

export interface LookUp {
  /** Throws Failed. */
  npm(spec: string): Promise<{ version: string; integrity: string }>;
  /** `NAME@sha256:…`, or an id, of an image on this machine. Throws Failed. */
  image(name: string): Promise<string>;
}

/** They change how a program starts: the server's, and ours. */
const STEERING = /^(PATH|ENV|BASH_ENV|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|DOCKER_.*|LD_.*|DYLD_.*)$/;

/** What a server starts with in the sandbox, in place of an entry's command; or why not, and then it stays as it is. */
export async function readEntry({ command, args, env, cwd }: Entry, look: LookUp): Promise<Read> {
  const steering = Object.keys(env).find((name) => STEERING.test(name));
  if (steering !== undefined) return { why: `it sets ${steering}, which would affect the sandbox itself` };
  const variable = [command, ...args].find((word) => word.includes('${'));
  if (variable !== undefined) return { why: `only the client knows what ${variable} stands for` };
  const asked = Object.keys(env).map((name) => ({ type: 'env' as const, name }));
  switch (basename(command).replace(/\.(cmd|exe)$/i, '')) {
    case 'npx':
      return fromNpx(args, asked, look);
    case 'node':
    case 'python':
    case 'python3':
      return fromFile(command, args, cwd, asked);
    case 'docker':
      return fromDocker(args, asked, look);
    default:
      return { why: `it is started by ${command}, which is not npx, node, python or docker run` };
  }
}

type Asked = NonNullable<ManifestFields['runtimePermissions']>;

async function fromNpx(args: readonly string[], asked: Asked, look: LookUp): Promise<Read> {
  const rest = [...args];
  while (rest[0] === '-y' || rest[0] === '--yes' || rest[0] === '--') rest.shift();
  const [spec, ...own] = rest;
  if (spec === undefined || spec.startsWith('-'))
    return { why: spec === undefined ? 'it names no package' : `its option ${spec} is not supported` };
  const [, name, range] = /^(@?[^@]+)(?:@(.+))?$/.exec(spec) ?? [];
  if (name === undefined || /[:/]/.test(name.replace(/^@[^/]+\//, '')))
    return { why: `${spec} is not a package of a registry` };
  const { version, integrity } = await look.npm(range === undefined ? name : `${name}@${range}`);
  const { paths, notes } = pathsIn(own);
  const open = range === undefined || range !== version ? [`${spec} is now fixed to ${version}`] : [];
  return {
    fields: {
      registry: 'npm',
      packageName: name,
      packageVersion: version,
      integrity,
      ...(own.length > 0 && { runtimeArgs: own }),
      runtimePermissions: [...asked, ...paths],
    },
    notes: [...open, ...notes],
  };
}

function fromFile(command: string, args: readonly string[], cwd: string | undefined, asked: Asked): Read {
  const [file, ...own] = args;
  if (file === undefined || file.startsWith('-'))
    return { why: file === undefined ? 'it names no file' : `its option ${file} is not supported` };
  if (!isAbsolute(file) && cwd === undefined)
    return { why: `only the client knows the folder of ${file}: write its absolute path` };
  const path = resolve(cwd ?? '/', file);
  if (!existsSync(path)) return { why: `${path} does not exist` };
  const folder = projectOf(path);
  if (folder === undefined) return { why: `${path} is directly in your home folder or a system folder` };
  const { paths, notes } = pathsIn(own);
  const program = basename(command);
  return {
    fields: {
      registry: program === 'node' ? 'npm' : 'oci',
      packageName:
        basename(folder)
          .toLowerCase()
          .replace(/[^a-z0-9._-]+/g, '-')
          .replace(/^[._-]+/, '') || 'server',
      codeMount: folder,
      execCommand: [program, relative(folder, path).split(sep).join('/'), ...own],
      runtimePermissions: [...asked, ...paths],
    },
    notes,
  };
}

/** The folder of a program: the next one above that says it is a project, else its own. */
function projectOf(path: string): string | undefined {
  const tooLarge = [homedir(), parse(path).root];
  for (let at = dirname(path); !tooLarge.includes(at); at = dirname(at))
    if (['package.json', 'pyproject.toml'].some((name) => existsSync(join(at, name)))) return at;
  return tooLarge.includes(dirname(path)) ? undefined : dirname(path);
}

async function fromDocker(args: readonly string[], asked: Asked, look: LookUp): Promise<Read> {
  const [run, ...rest] = args;
  if (run !== 'run') return { why: `docker ${run ?? ''} does not start a server` };
  const names = new Set(asked.flatMap((p) => (p.type === 'env' ? [p.name] : [])));
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift() as string;
    if (/^(-i|-t|-it|--rm|--init|--interactive)$/.test(option)) continue;
    const [, inline] = /^(?:-e|--env)=?(.*)$/.exec(option) ?? [];
    if (inline === undefined) return { why: `docker's option ${option} is not supported` };
    const name = inline || (rest.shift() ?? '');
    if (name.includes('='))
      return { why: `the value of ${name.split('=')[0]} is in docker's arguments: move it to "env"` };
    names.add(name);
  }
  const [image, ...own] = rest;
  if (image === undefined) return { why: 'docker run names no image' };
  const pinned = await look.image(image);
  const { paths, notes } = pathsIn(own);
  return {
    fields: {
      registry: 'oci',
      packageName: image.split(/[@:]/)[0] ?? image,
      image: pinned,
      ...(own.length > 0 && { runtimeArgs: own }),
      runtimePermissions: [...[...names].map((name) => ({ type: 'env' as const, name })), ...paths],
    },
    notes: pinned === image ? notes : [`${image} is now fixed to ${pinned}`, ...notes],
  };
}

/** Arguments that are paths on this machine: the server will want to read there. */
function pathsIn(args: readonly string[]): { paths: Asked; notes: string[] } {
  const there = args.filter((word) => isAbsolute(word) && existsSync(word) && statSync(word).isDirectory());
  return {
    paths: there.map((path) => ({ type: 'fs', path, read: true, write: false })),
    notes: there.map((path) => `it may read ${path}; to let it write, set "write": true in its manifest`),
  };
}
