import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import type { Code } from '../../plan/launch-plan.ts';
import type { Platform } from '../../plan/runtime.ts';
import { keepParts } from '../code-parts.ts';
import { ownBin } from './bin.ts';
import { cachedFolder } from './cache.ts';
import { assertFromRegistry, lockDigest, lockParts, OWN_TARBALL, readLock, withScripts } from './lock.ts';
import { npmInstall, npmResolve, requireNpm } from './npm.ts';

const MAX_TARBALL_BYTES = 128 * 1024 * 1024;

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
  /** Fetched packages and snapshots of code are kept in folders of it. */
  readonly stateDir: string;
  readonly notice: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
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
  { stateDir, notice, signal }: FetchOptions,
): Promise<FetchedPackage> {
  const { name, version } = wanted;
  const tarball = wanted.tarball === undefined ? undefined : readTarball(wanted.tarball);
  if (tarball !== undefined) assertIntegrity(wanted, tarball.integrity);
  const key = [name, version, platform, tarball?.integrity ?? null];
  const folder = await cachedFolder(stateDir, `${name}-${version}`, key, async (place, scratch) => {
    await requireNpm();
    notice(`fetching ${name} ${version}, with all install scripts off (once)`);
    await fetchInto(place, scratch, wanted, platform, tarball?.bytes, signal);
  });
  const lock = readLock(folder);
  assertIntegrity(wanted, lock.get(`node_modules/${name}`)?.integrity);
  const command = ['node', ownBin(folder, name)] as const;
  const digest = lockDigest(lock);
  keepParts(stateDir, digest, lockParts(lock));
  return { code: { folder, command, digest }, withScripts: withScripts(lock) };
}

async function fetchInto(
  place: string,
  scratch: string,
  { name, version }: Wanted,
  platform: Platform,
  tarball: Buffer | undefined,
  signal: AbortSignal | undefined,
) {
  const cache = join(scratch, 'npm');
  mkdirSync(cache);
  if (tarball !== undefined) writeFileSync(join(place, OWN_TARBALL), tarball);
  const source = tarball === undefined ? version : `file:${OWN_TARBALL}`;
  const json = { private: true, dependencies: { [name]: source } };
  writeFileSync(join(place, 'package.json'), JSON.stringify(json));
  const install = { folder: place, cache, platform, signal };
  const check = () => {
    const lock = readLock(place);
    assertFromRegistry(`${name} ${version}`, name, lock);
    const got = lock.get(`node_modules/${name}`)?.version;
    if (got === version) return;
    throw new Failed(`asked for ${name} ${version}, got ${got ?? 'something else'}`, 'check packageVersion');
  };
  if (await npmResolve(install)) check();
  await npmInstall(install);
  check();
}

function readTarball(path: string) {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > MAX_TARBALL_BYTES)
      throw new NotConfigured(`the tarball ${path} is not a file of at most 128 MB`, 'run it from an image');
    const bytes = readFileSync(path);
    return { bytes, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` };
  } catch (error) {
    if (error instanceof NotConfigured) throw error;
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
