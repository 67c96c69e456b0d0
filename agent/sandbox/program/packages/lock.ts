import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failed } from '../../foundation/errors.ts';
import { SHA512 } from '../../manifest/integrity.ts';
import type { CodeParts } from '../code-parts.ts';

const Entry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
});
type Entry = z.infer<typeof Entry>;
const Lock = z.object({ packages: z.record(z.string(), Entry) });

/** The tarball that a manifest names lies beside `package.json` under this name. */
export const OWN_TARBALL = 'package.tgz';

/** What npm resolved: each installed folder, relative to the place of installation, and what goes there. */
export type Lock = ReadonlyMap<string, Entry>;

const MAX_LOCK_BYTES = 32 * 1024 * 1024;

/** Throws Failed when it is not what npm writes, or too much. */
export function readLock(folder: string): Lock {
  const file = join(folder, 'package-lock.json');
  try {
    if (statSync(file).size > MAX_LOCK_BYTES) throw new Error('it is over 32 MB');
    const { packages } = Lock.parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(Object.entries(packages).filter(([path]) => path !== ''));
  } catch (error) {
    throw new Failed(`the lock file ${file} cannot be read`, 'remove its folder, and run it again', error);
  }
}

/**
 * Each part is a version from a registry, with its integrity, or came within the tarball of such a one. Nothing else can
 * be pinned, and fetching it would run programs or read files of this machine. Throws Failed, naming the part.
 */
export function assertFromRegistry(what: string, name: string, lock: Lock): void {
  for (const [path, entry] of lock) {
    if (isFromRegistry(path, entry) || isOwnTarball(path, entry, name)) {
      if (entry.integrity === undefined || SHA512.test(entry.integrity)) continue;
      throw new Failed(
        `${what} depends on ${partName(path)} ${entry.version ?? ''}, whose integrity is not one sha512 hash`,
        'old versions in a registry have only sha1, which cannot be trusted; run the server from an image: registry "oci"',
      );
    }
    throw new Failed(
      `${what} depends on ${partName(path)}, which is not a version from a registry`,
      'a dependency from git, a URL or a folder cannot be pinned; run the server from an image: registry "oci"',
    );
  }
}

function isFromRegistry(path: string, { resolved, integrity, link, inBundle }: Entry): boolean {
  if (!path.startsWith('node_modules/') || path.split('/').includes('..') || link) return false;
  if (inBundle && resolved === undefined) return true;
  return integrity !== undefined && resolved !== undefined && /^https?:\/\//.test(resolved);
}

const isOwnTarball = (path: string, { resolved, integrity, link }: Entry, name: string): boolean =>
  path === `node_modules/${name}` &&
  resolved === `file:${OWN_TARBALL}` &&
  integrity !== undefined &&
  link !== true;

/** Names of the packages whose install scripts were not run. */
export const withScripts = (lock: Lock): string[] =>
  [...lock].filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => partName(path));

/** SHA-256 over the integrity of each part. */
export function lockDigest(lock: Lock): string {
  const rows = [...lock].map(([path, { version, integrity }]) => `${path}\0${version}\0${integrity}\n`);
  return createHash('sha256').update(rows.sort().join('')).digest('hex');
}

/** The packages, for naming what changed. */
export const lockParts = (lock: Lock): CodeParts =>
  new Map(
    [...lock].map(([path, { version, integrity }]) => [
      path.replace(/^node_modules\//, ''),
      `${version ?? 'no version'} ${integrity?.slice(0, 23) ?? 'in its bundle'}`,
    ]),
  );

const partName = (path: string): string => path.replace(/^.*node_modules\//, '');
