import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStateFolder } from '../../foundation/state-folder.ts';

const ABANDONED_MS = 3_600_000;
/** Version of the cache. Packages that were fetched under older rules are not used. */
const RULES = 3;

/**
 * A folder of the cache that holds what `key` says, made by `fetch` when it is not there: in a place that takes the folder's
 * name once all of it is there, with `scratch` beside it for what is needed meanwhile. Nothing half-fetched stays.
 */
export async function cachedFolder(
  stateDir: string,
  label: string,
  key: readonly unknown[],
  fetch: (place: string, scratch: string) => Promise<void>,
): Promise<string> {
  const cache = openStateFolder(stateDir, 'packages');
  // For its owner only: the server sees what is mounted, not the way to it.
  chmodSync(cache, 0o700);
  const hash = createHash('sha256')
    .update(JSON.stringify([RULES, ...key]))
    .digest('hex');
  const folder = join(cache, `${label.replace(/[^A-Za-z0-9.-]/g, '_')}-${hash.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  removeAbandoned(cache);
  const staging = `${folder}.${randomBytes(4).toString('hex')}.tmp`;
  const [place, scratch] = [join(staging, 'package'), join(staging, 'scratch')];
  for (const path of [place, scratch]) mkdirSync(path, { recursive: true });
  try {
    await fetch(place, scratch);
    readableForAll(place);
    try {
      renameSync(place, folder);
    } catch (error) {
      // Another run has already fetched the same package.
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return folder;
}

/** Removes partial downloads of killed runs. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (name.endsWith('.tmp') && Date.now() - lstatSync(path).mtimeMs > ABANDONED_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/** Independent of the umask: the server may run as another user. */
function readableForAll(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, (stat.mode & 0o777) | (stat.isDirectory() || stat.mode & 0o100 ? 0o555 : 0o444));
  if (stat.isDirectory()) for (const name of readdirSync(path)) readableForAll(join(path, name));
}
