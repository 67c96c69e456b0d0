import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failed } from '../../../foundation/errors.ts';
import type { Code } from '../../../plan/launch-plan.ts';
import type { PythonTarget } from '../../../plan/runtime.ts';
import { keepParts } from '../../code-parts.ts';
import { cachedFolder, type FetchOptions } from '../cache.ts';
import type { FetchContext, PypiRequest, WantedWheel } from '../request.ts';
import { metadataFile, ownProgram } from './entry-point.ts';
import { normalized } from './markers.ts';
import { type Found, pipDownload, pipEnvironment, pipResolve, requirePip } from './pip.ts';
import { type Part, resolved } from './resolve.ts';
import { Room, unpackWheel } from './wheel.ts';

const Lock = z.array(z.object({ name: z.string(), version: z.string(), sha256: z.string() }));
type Lock = z.output<typeof Lock>;

/**
 * A published Python package and what it depends on, in a folder of the cache: fetched once, at the exact version, wheels
 * only, for nothing is built and nothing of a wheel runs when it is unpacked. Each wheel's hash is in the lock file beside
 * them, over which the digest is. Throws NotConfigured or Failed; nothing half-fetched stays.
 */
export async function fetchWheels(
  wanted: WantedWheel,
  target: PythonTarget,
  options: FetchOptions,
): Promise<Code> {
  const { version } = wanted;
  const name = normalized(wanted.name);
  const { machine, libc } = target;
  const folder = await cachedFolder(
    {
      label: `${name}-${version}`,
      key: [
        'pypi',
        name,
        version,
        wanted.program ?? '',
        target.version.split('.').slice(0, 2),
        machine,
        libc,
      ],
      request: { kind: 'pypi', wanted, target },
      env: pipEnvironment(),
    },
    options,
  );
  const lock = readLock(folder);
  assertIntegrity(wanted, lock);
  const rows = lock.map(({ name, version, sha256 }) => `${name}\0${version}\0${sha256}\n`);
  const digest = createHash('sha256').update(rows.sort().join('')).digest('hex');
  keepParts(
    options.stateDir,
    digest,
    new Map(lock.map(({ name, version, sha256 }) => [name, `${version} sha256:${sha256.slice(0, 16)}`])),
  );
  return { folder, command: ['python3', '-s', '-B', RUN], digest };
}

const RUN = 'run.py';
/** Where its packages are, in the folder of one that was fetched. */
export const packagesIn = (folder: string): string => join(folder, 'packages');

/**
 * Starts the package's program: packages lie beside it, and the person's own are not looked at. Variables are for the
 * programs that it starts in turn.
 */
const script = (program: string): string => `import os, sys
packages = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'packages')
sys.path[0] = packages
os.environ.update(PYTHONPATH=packages, PYTHONDONTWRITEBYTECODE='1', PYTHONNOUSERSITE='1')
${program}
`;

/** What the process that fetches does. */
export async function fetchFromIndex(
  { wanted, target }: PypiRequest,
  { place, scratch, notice, signal }: FetchContext,
): Promise<void> {
  const options = { command: (await requirePip()).command, scratch, target, signal };
  notice(`fetching ${wanted.name} ${wanted.version}, in wheels only (once)`);
  const choose = async (requirements: readonly string[]) =>
    (await pipResolve(requirements, options)).map(partOf);
  const parts = await resolved(wanted, target.markers, choose);
  assertIntegrity(wanted, parts);
  const wheels = join(scratch, 'wheels');
  const packages = packagesIn(place);
  mkdirSync(wheels);
  const pinned = parts.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}`);
  await pipDownload(pinned, wheels, options);
  await unpack(wheels, parts, packages);
  writeFileSync(join(place, RUN), script(ownProgram(packages, wanted.name, wanted.program)));
  const lock = parts.map(({ name, version, sha256 }) => ({ name, version, sha256 }));
  writeFileSync(join(place, 'lock.json'), JSON.stringify(lock));
  notice(`fetched ${lock.map((part) => `${part.name} ${part.version}`).join(', ')}`);
}

/** Throws Failed for what is not a wheel from an index. */
function partOf({ download_info, metadata }: Found): Part {
  const { name, version, requires_dist } = metadata;
  const { protocol, pathname } = new URL(download_info.url);
  if (!/^https?:$/.test(protocol) || !pathname.endsWith('.whl')) {
    throw new Failed(
      `not fetched: your index has ${name} at an address that is no wheel on a server (${protocol})`,
      'a part from a file or from git cannot be pinned; run the server from an image: registry "oci"',
    );
  }
  if (!/^[A-Za-z0-9.!+_-]+$/.test(version))
    throw new Failed(`${name} has no version that can be pinned`, 'the package is broken');
  return {
    name: normalized(name),
    version,
    sha256: download_info.archive_info.hashes.sha256,
    requires: requires_dist,
  };
}

/** Each file has to be a wheel of the lock, by its own hash: whatever pip took it for. */
async function unpack(wheels: string, parts: readonly Part[], packages: string): Promise<void> {
  const left = new Map(parts.map(({ name, sha256 }) => [sha256, name]));
  const room = new Room();
  for (const file of readdirSync(wheels).sort()) {
    const bytes = readFileSync(join(wheels, file));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const name = left.get(sha256);
    if (name === undefined)
      throw new Failed(`not unpacked: ${file} is not the file that your index named`, 'run it again');
    left.delete(sha256);
    await unpackWheel(name, bytes, packages, room);
  }
  if (left.size > 0) throw new Failed('not unpacked: wheels are missing', 'run it again');
}

function readLock(folder: string): Lock {
  const file = join(folder, 'lock.json');
  try {
    return Lock.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Failed(`the lock file ${file} cannot be read`, 'remove its folder, and run it again', error);
  }
}

const partNamed = (name: string, lock: Lock) => lock.find((part) => part.name === normalized(name));

/** Of a fetched package's own wheel, as a manifest has it; undefined where another machine may get another wheel. */
export function wheelIntegrity(folder: string, name: string): string | undefined {
  const tags = metadataFile(packagesIn(folder), normalized(name), 'WHEEL').match(/^Tag: .*$/gm) ?? [];
  const own = partNamed(name, readLock(folder));
  const forAny = tags.length > 0 && tags.every((tag) => /-none-any\s*$/.test(tag));
  return forAny && own ? `sha256:${own.sha256}` : undefined;
}

function assertIntegrity({ name, version, integrity }: WantedWheel, lock: Lock): void {
  const own = partNamed(name, lock);
  // For pip, 1.0+local is 1.0 too.
  if (own === undefined || own.version.includes('+'))
    throw new Failed(
      `asked for ${name} ${version}, got ${own?.version ?? 'something else'}`,
      'check packageName and your index',
    );
  if (integrity === undefined || integrity === `sha256:${own.sha256}`) return;
  throw new Failed(
    `${name} ${version} is not the package that the manifest means: its wheel is sha256:${own.sha256}`,
    `the manifest says ${integrity}; find out why before you change it`,
  );
}
