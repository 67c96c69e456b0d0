import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Busy } from '../../foundation/busy.ts';
import { openStateFolder } from '../../foundation/state-folder.ts';
import { fetchOnce } from './fetch-once.ts';
import type { FetchRequest } from './request.ts';

const ABANDONED_MS = 3_600_000;
/** Version of the cache. Packages that were fetched under older rules are not used. */
const RULES = 3;

export interface FetchOptions {
  /** Fetched packages and snapshots of code are kept in folders of it. */
  readonly stateDir: string;
  readonly notice: (line: string) => void;
  readonly busy?: Busy | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is to be in the cache. */
export interface CacheEntry {
  /** For people: the start of the folder's name. */
  readonly label: string;
  /** All that the contents depend on. */
  readonly key: readonly unknown[];
  readonly request: FetchRequest;
  /** All that the fetching process gets of the operator's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The folder of the cache that holds an entry, fetched when it is not there: it takes its name once all of it is there.
 * The fetch is a process of its own, which goes on when this one is killed. Throws NotConfigured, Failed, or Interrupted.
 */
export async function cachedFolder(
  { label, key, request, env }: CacheEntry,
  { stateDir, notice, signal }: FetchOptions,
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
  await fetchOnce({ label, folder, request, env }, notice, signal);
  return folder;
}

/** Removes partial downloads of killed fetches. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const since = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (name.endsWith('.tmp') && Date.now() - since > ABANDONED_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
