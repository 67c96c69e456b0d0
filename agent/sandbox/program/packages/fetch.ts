import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import type { Code } from '../../plan/launch-plan.ts';
import type { Platform } from '../../plan/runtime.ts';
import { keepParts } from '../code-parts.ts';
import { ownBin } from './bin.ts';
import { cachedFolder, type FetchOptions } from './cache.ts';
import { assertFromRegistry, lockDigest, lockParts, OWN_TARBALL, readLock, withScripts } from './lock.ts';
import { npmEnvironment, npmInstall, npmResolve, requireNpm } from './npm.ts';
import type { FetchContext, NpmRequest, Wanted } from './request.ts';

const MAX_TARBALL_BYTES = 128 * 1024 * 1024;

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
  options: FetchOptions,
): Promise<FetchedPackage> {
  const { name, version } = wanted;
  const tarball = wanted.tarball === undefined ? undefined : readTarball(wanted.tarball);
  if (tarball !== undefined) assertIntegrity(wanted, tarball.integrity);
  const folder = await cachedFolder(
    {
      label: `${name}-${version}`,
      key: [name, version, platform, tarball?.integrity ?? null],
      // The tarball is read again there, and may be another by then.
      request: {
        kind: 'npm',
        wanted: {
          ...wanted,
          tarball: wanted.tarball && resolve(wanted.tarball),
          integrity: tarball?.integrity ?? wanted.integrity,
        },
        platform,
      },
      env: npmEnvironment(),
    },
    options,
  );
  const lock = readLock(folder);
  assertIntegrity(wanted, lock.get(`node_modules/${name}`)?.integrity);
  const command = ['node', ownBin(folder, name)] as const;
  const digest = lockDigest(lock);
  keepParts(options.stateDir, digest, lockParts(lock));
  return { code: { folder, command, digest }, withScripts: withScripts(lock) };
}

/** What the process that fetches does. */
export async function fetchFromNpm(
  { wanted, platform }: NpmRequest,
  { place, scratch, notice, signal }: FetchContext,
) {
  const { name, version } = wanted;
  await requireNpm();
  notice(`fetching ${name} ${version}, with all install scripts off (once)`);
  const cache = join(scratch, 'npm');
  mkdirSync(cache);
  const tarball = wanted.tarball === undefined ? undefined : readTarball(wanted.tarball);
  if (tarball !== undefined) {
    assertIntegrity(wanted, tarball.integrity);
    writeFileSync(join(place, OWN_TARBALL), tarball.bytes);
  }
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
    `${name} ${version} is not the package in the manifest: its integrity is ${found ?? 'not known'}`,
    `the manifest says ${integrity}; find out why before you change it`,
  );
}
