import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import { isTooLarge } from '../size-limit.ts';

const FETCH_MS = 300_000;
const BETWEEN_LOOKS_MS = 200;

export interface Fetching {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where what it fetches goes, its own caches included: what a stranger makes it download counts. */
  readonly watched: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs the person's package manager to its end: bounded in time and in what it fetches, and ended as a whole. Resolves with
 * its exit code and the end of its stderr. Throws NotConfigured, Failed, or the signal's reason.
 */
export async function runFetcher(
  [program, ...args]: readonly [string, ...string[]],
  { folder, env, watched, signal }: Fetching,
): Promise<{ code: number | null; said: string }> {
  signal?.throwIfAborted();
  // A process group of its own: it is ended as a whole.
  const child = spawn(program, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const ended = once(child, 'close').catch((error) => {
    throw new NotConfigured(
      `${program} cannot be started`,
      `install ${program}: it fetches published packages`,
      error,
    );
  });
  const late = setTimeout(end, FETCH_MS);
  signal?.addEventListener('abort', end);
  process.on('exit', end);
  try {
    const tooLarge = await outgrows(watched, ended);
    if (tooLarge) end();
    const [code] = await ended;
    signal?.throwIfAborted();
    if (tooLarge || (await isTooLarge(folder))) {
      throw new Failed(
        'not fetched: with its dependencies it has over 60,000 files or 512 MB',
        'run the server from an image: registry "oci"',
      );
    }
    return { code, said };
  } finally {
    end();
    clearTimeout(late);
    signal?.removeEventListener('abort', end);
    process.off('exit', end);
  }
}

/** Whether one of the folders grows over the limit before the program ends. */
async function outgrows(folders: readonly string[], ended: Promise<unknown>): Promise<boolean> {
  const done = ended.then(
    () => true,
    () => true,
  );
  let pause = BETWEEN_LOOKS_MS;
  while (!(await Promise.race([done, delay(pause, false)]))) {
    const started = performance.now();
    for (const folder of folders) if (await isTooLarge(folder)) return true;
    // At most half of the time is spent looking.
    pause = Math.max(BETWEEN_LOOKS_MS, performance.now() - started);
  }
  return false;
}
