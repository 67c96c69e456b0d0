import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  watch,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { NotConfigured } from '../foundation/errors.ts';
import { isWithin } from '../foundation/paths.ts';
import { mountOrder } from '../manifest/container-paths.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';

/** What was granted, as it was found right before the start, and is held open until the server has started. */
export interface HeldPaths {
  /** `device:inode` of each, in the order of mounting, as `stat -c %d:%i` prints it: no other file has it meanwhile. */
  readonly identities: readonly string[];
  /** Rejects with NotConfigured when a path leads elsewhere by now, or did so meanwhile. */
  assertUnchanged(): Promise<void>;
  release(): void;
}

/** Opens nothing but a name for it on Linux (O_PATH): no device is touched, and nobody has to be allowed to read. */
const NAME_ONLY = process.platform === 'linux' ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * A granted path is a name. Who may write a folder above it may put a link in its place after the user was asked. So a
 * path is opened once, must lead without a link to what was there when the manifest was loaded, and is held open: a mount
 * of anything else has another identity. Throws NotConfigured for a path that is missing, was replaced, or has something
 * mounted inside.
 */
export function holdPaths({ manifest, granted }: LaunchPlan): HeldPaths {
  const descriptors: number[] = [];
  const paths = mountOrder(granted).map(({ path }) => path);
  const moves = watchForMoves(paths);
  const release = () => {
    moves.close();
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
  try {
    for (const path of paths) {
      descriptors.push(opened(manifest.name, path));
      assertNothingMountedIn(manifest.name, path);
    }
    const identities = descriptors.map(identityOf);
    const other = paths.find((path, at) => identities[at] !== manifest.identityOf(path));
    if (other !== undefined) throw replaced(manifest.name, other);
    const assertUnchanged = async () => {
      const [moved] = await moves.seen();
      if (moved !== undefined) throw replaced(manifest.name, moved);
      for (const [at, path] of paths.entries()) {
        const now = opened(manifest.name, path);
        const same = identityOf(now) === identities[at];
        closeSync(now);
        if (!same) throw replaced(manifest.name, path);
      }
    };
    return { identities, assertUnchanged, release };
  } catch (error) {
    release();
    throw error;
  }
}

const identityOf = (descriptor: number): string => {
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return `${dev}:${ino}`;
};

export const identityOfFile = (path: string): string => {
  const descriptor = openSync(path, NAME_ONLY);
  try {
    return identityOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** The kernel says where the descriptor really leads: no moment lies between the look and the opening. */
function opened(server: string, path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, NAME_ONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new NotConfigured(
      `${server}: the granted path ${path} does not exist`,
      'create it, or correct the manifest',
      error,
    );
  }
  try {
    const link = fstatSync(descriptor).isSymbolicLink();
    const leads =
      process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${descriptor}`) : realpathSync(path);
    if (link || leads !== path) throw replaced(server, path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Notices a path that was swapped and swapped back: no name on the way to it may come, go or be moved. From the root
 * down, so that each folder is watched before what lies in it. A folder that cannot be watched is left out.
 */
function watchForMoves(paths: readonly string[]): { seen(): Promise<string[]>; close(): void } {
  const moved = new Set<string>();
  const steps = new Map<string, string>();
  if (process.platform === 'linux')
    for (const path of paths) for (let at = path; at !== '/'; at = dirname(at)) steps.set(at, path);
  const watchers = [...steps]
    .sort(([a], [b]) => a.length - b.length)
    .flatMap(([at, path]) => {
      try {
        const watcher = watch(dirname(at), { persistent: false }, (event, name) => {
          if (event === 'rename' && name === basename(at)) moved.add(path);
        });
        return [watcher.on('error', () => {})];
      } catch {
        return [];
      }
    });
  return {
    seen: async () => {
      // What the kernel has noted by now is delivered within two turns of the event loop.
      for (const _ of [1, 2]) await setImmediate();
      return [...moved];
    },
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

const replaced = (server: string, path: string) =>
  new NotConfigured(
    `${server}: ${path} is not what was granted: it was replaced, or became a link`,
    'find out who can write the folder above it, then start again to be asked about the new target',
  );

/** Under a grant to read it would be one to write, or it would be missing without a word. */
function assertNothingMountedIn(server: string, path: string): void {
  const inside = mountPoints().find((at) => at !== path && isWithin(path, at));
  if (inside === undefined) return;
  throw new NotConfigured(
    `${server}: ${inside} is a separate mount inside ${path}: the grant does not cover it`,
    'unmount it, or grant it and the folders beside it separately',
  );
}

/** Of this process's view of the machine; none where the system does not list them. */
function mountPoints(): string[] {
  if (process.platform !== 'linux') return [];
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((at) => at.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))));
}
