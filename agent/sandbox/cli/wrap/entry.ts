import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import type { ManifestFields } from '../../manifest/manifest.ts';
import { isPython, isPythonRunner, PYTHON_IMAGE, readRunner } from '../python-package.ts';

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
  /** The newest version of a Python package. Throws NotConfigured, Failed. */
  pypi(name: string): Promise<string>;
  /** `NAME@sha256:…`, or an id, of an image on this machine. Throws Failed. */
  image(name: string): Promise<string>;
}

/** They change how a program starts: the server's, and ours. */
const STEERING = /^(PATH|ENV|BASH_ENV|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|DOCKER_.*|LD_.*|DYLD_.*)$/;

/** They choose other packages than the person's own npm or pip would. */
const CHOOSING = /^(UV|PIP|PIPX|NPM_CONFIG)_/i;

/** What a server starts with in the sandbox, in place of an entry's command; or why not, and then it stays as it is. */
export async function readEntry({ command, args, env, cwd }: Entry, look: LookUp): Promise<Read> {
  const steering = Object.keys(env).find((name) => STEERING.test(name));
  if (steering !== undefined) return { why: `it sets ${steering}, which would affect the sandbox itself` };
  const choosing = Object.keys(env).find((name) => CHOOSING.test(name));
  if (choosing !== undefined)
    return { why: `it sets ${choosing}: set up your own npm or pip like that, and remove it here` };
  const variable = [command, ...args].find((word) => word.includes('${'));
  if (variable !== undefined) return { why: `only the client knows what ${variable} stands for` };
  const asked = Object.keys(env).map((name) => ({ type: 'env' as const, name }));
  const program = basename(command).replace(/\.(cmd|exe)$/i, '');
  if (program === 'npx') return fromNpx(args, asked, look);
  if (isPythonRunner(program)) return fromPythonRunner(program, args, asked, look);
  if (isPython(program) && args[0] === '-m') return fromModule(args.slice(1), cwd, asked);
  if (program === 'node' || isPython(program)) return fromFile(program, args, cwd, asked);
  if (program === 'docker') return fromDocker(args, asked, look);
  return {
    why: `it is started by ${command}, which is not npx, uvx, pipx run, node, python or docker run`,
  };
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

async function fromPythonRunner(
  runner: string,
  words: readonly string[],
  asked: Asked,
  look: LookUp,
): Promise<Read> {
  const read = readRunner(runner, words);
  if ('why' in read) return read;
  const { name, program, args } = read;
  const version = read.version ?? (await look.pypi(name));
  const { paths, notes } = pathsIn(args);
  return {
    fields: {
      registry: 'pypi',
      packageName: name,
      packageVersion: version,
      codeImage: PYTHON_IMAGE,
      ...(program !== undefined && { program }),
      ...(args.length > 0 && { runtimeArgs: args }),
      runtimePermissions: [...asked, ...paths],
    },
    notes: [
      ...(read.version === undefined ? [`${name} is now fixed to ${version}`] : []),
      ...(runner === 'pipx' ? [] : ["it comes from your pip's index: what uv is set up for is not read"]),
      ...notes,
      IN_IMAGE,
    ],
  };
}

const IN_IMAGE = `under Docker, ${PYTHON_IMAGE} runs it: pull that, or name another image as codeImage in its manifest`;

function fromFile(program: string, args: readonly string[], cwd: string | undefined, asked: Asked): Read {
  const [file, ...own] = args;
  if (file === undefined || file.startsWith('-'))
    return { why: file === undefined ? 'it names no file' : `its option ${file} is not supported` };
  if (!isAbsolute(file) && cwd === undefined)
    return { why: `only the client knows the folder of ${file}: write its absolute path` };
  const path = resolve(cwd ?? '/', file);
  if (!existsSync(path)) return { why: `${path} does not exist` };
  const folder = projectOf(path);
  if (folder === undefined) return { why: `${path} is directly in your home folder or a system folder` };
  return fromCode(program, folder, [relative(folder, path).split(sep).join('/'), ...own], own, asked);
}

function fromModule(words: readonly string[], cwd: string | undefined, asked: Asked): Read {
  const [module = '', ...own] = words;
  const path = module.replaceAll('.', sep);
  const places = cwd === undefined || !isAbsolute(cwd) ? [] : [`${path}.py`, join(path, '__main__.py')];
  if (!/^\w+(\.\w+)*$/.test(module) || !places.some((place) => existsSync(join(cwd ?? '', place))))
    return {
      why: `the module ${module} is not in its "cwd": in the sandbox, packages of your Python are not there; a published one can be started by uvx`,
    };
  const folder = resolve(cwd ?? '');
  if (TOO_LARGE.includes(folder)) return { why: `${folder} is your home folder or a system folder` };
  return fromCode('python3', folder, ['-m', module, ...own], own, asked);
}

function fromCode(
  program: string,
  folder: string,
  words: readonly string[],
  own: readonly string[],
  asked: Asked,
): Read {
  const { paths, notes } = pathsIn(own);
  const python = isPython(program);
  return {
    fields: {
      registry: python ? 'oci' : 'npm',
      packageName:
        basename(folder)
          .toLowerCase()
          .replace(/[^a-z0-9._-]+/g, '-')
          .replace(/^[._-]+/, '') || 'server',
      codeMount: folder,
      ...(python && { codeImage: PYTHON_IMAGE }),
      // Debian has no `python`.
      execCommand: [python ? 'python3' : program, ...words],
      runtimePermissions: [...asked, ...paths],
    },
    notes: python ? [...notes, IN_IMAGE] : notes,
  };
}

const TOO_LARGE = [homedir(), parse(homedir()).root];

/** The folder of a program: the next one above that says it is a project, else its own. */
function projectOf(path: string): string | undefined {
  for (let at = dirname(path); !TOO_LARGE.includes(at); at = dirname(at))
    if (['package.json', 'pyproject.toml'].some((name) => existsSync(join(at, name)))) return at;
  return TOO_LARGE.includes(dirname(path)) ? undefined : dirname(path);
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
