import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failed, NotConfigured } from '../../errors.ts';
import type { Code } from '../runtimes/runtime.ts';
import { ownBin } from './bin.ts';
import { npmInstall, type Platform } from './npm.ts';

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      inBundle: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});
type Lock = z.infer<typeof Lock>;

const ABANDONED_MS = 3_600_000;

/** A package as a manifest names it. */
export interface Wanted {
  readonly name: string;
  readonly version: string;
  /** Of the package's own tarball, as the registry states it. */
  readonly integrity: string | undefined;
  /** A packed tarball on this machine, in place of the registry's. */
  readonly tarball: string | undefined;
}

export interface FetchOptions {
  /** Folder in which fetched packages are kept. */
  readonly cache: string;
  readonly notice: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface FetchedPackage {
  readonly code: Code;
  /** Packages whose install scripts were not run. */
  readonly withScripts: readonly string[];
}

/**
 * A published package and what it depends on, in a folder of the cache: fetched once, at the exact version, with all
 * scripts off; every part has its integrity in the lock file beside it, over which the digest is. Throws NotConfigured
 * or Failed; nothing half-fetched stays.
 */
export async function fetchPackage(
  wanted: Wanted,
  platform: Platform,
  { cache, notice, signal }: FetchOptions,
): Promise<FetchedPackage> {
  const tarball = wanted.tarball === undefined ? undefined : readTarball(wanted.tarball);
  if (tarball !== undefined) assertIntegrity(wanted, tarball.integrity);
  const key = createHash('sha256')
    .update(JSON.stringify([wanted.name, wanted.version, platform, tarball?.integrity ?? null]))
    .digest('hex');
  const folder = join(
    cache,
    `${wanted.name.replace(/[^a-z0-9.-]/g, '_')}-${wanted.version}-${key.slice(0, 16)}`,
  );
  if (!existsSync(folder)) {
    notice(`fetching ${wanted.name} ${wanted.version}, with all install scripts off (once)`);
    removeAbandoned(cache);
    await fetchInto(folder, wanted, platform, tarball?.bytes, signal);
  }
  const lock = Lock.parse(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')));
  assertIntegrity(wanted, lock.packages[`node_modules/${wanted.name}`]?.integrity);
  const command = ['node', ownBin(folder, wanted.name)] as const;
  return { code: { folder, command, digest: lockDigest(lock) }, withScripts: withScripts(lock) };
}

async function fetchInto(
  folder: string,
  wanted: Wanted,
  platform: Platform,
  tarball: Buffer | undefined,
  signal: AbortSignal | undefined,
) {
  const staging = `${folder}.${randomBytes(4).toString('hex')}.tmp`;
  mkdirSync(staging, { recursive: true });
  try {
    if (tarball !== undefined) writeFileSync(join(staging, 'package.tgz'), tarball);
    const source = tarball === undefined ? wanted.version : 'file:package.tgz';
    const json = { private: true, dependencies: { [wanted.name]: source } };
    writeFileSync(join(staging, 'package.json'), JSON.stringify(json));
    await npmInstall(staging, platform, signal);
    const lock = Lock.parse(JSON.parse(readFileSync(join(staging, 'package-lock.json'), 'utf8')));
    assertPinned(wanted, lock);
    readableForAll(staging);
    try {
      renameSync(staging, folder);
    } catch (error) {
      // Another run was faster, with the same.
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** What a run that was killed left half-fetched. */
function removeAbandoned(cache: string): void {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const path = join(cache, name);
    if (name.endsWith('.tmp') && Date.now() - lstatSync(path).mtimeMs > ABANDONED_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

function readTarball(path: string) {
  try {
    const bytes = readFileSync(path);
    return { bytes, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` };
  } catch (error) {
    throw new NotConfigured(`the tarball ${path} cannot be read`, 'make it with: npm pack', error);
  }
}

function assertIntegrity({ name, version, integrity }: Wanted, found: string | undefined): void {
  if (integrity === undefined || integrity === found) return;
  throw new Failed(
    `${name} ${version} is not the package that the manifest means: its integrity is ${found ?? 'not known'}`,
    `the manifest says ${integrity}; find out why before you change it`,
  );
}

/** Git and URL dependencies have no integrity: nobody could tell whether they changed. */
function assertPinned({ name, version }: Wanted, lock: Lock): void {
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.inBundle || (entry.integrity !== undefined && !entry.link)) continue;
    throw new Failed(
      `${name} ${version} depends on ${path.replace(/^.*node_modules\//, '')}, which comes with no integrity`,
      'such a package (from git or a URL) cannot be pinned; run it from an image: registry "oci"',
    );
  }
  const got = lock.packages[`node_modules/${name}`]?.version;
  if (got !== version)
    throw new Failed(`asked for ${name} ${version}, got ${got ?? 'something else'}`, 'check packageVersion');
}

const withScripts = (lock: Lock): string[] =>
  Object.entries(lock.packages)
    .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));

const lockDigest = ({ packages }: Lock): string => {
  const rows = Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, integrity }]) => `${path}\0${version}\0${integrity}\n`);
  return createHash('sha256').update(rows.sort().join('')).digest('hex');
};

/** Whatever the umask was: the server may run as another user. */
function readableForAll(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, (stat.mode & 0o7777) | (stat.isDirectory() || stat.mode & 0o100 ? 0o555 : 0o444));
  if (stat.isDirectory()) for (const name of readdirSync(path)) readableForAll(join(path, name));
}
