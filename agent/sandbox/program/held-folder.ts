import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { Failed } from '../foundation/errors.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const LINUX = process.platform === 'linux';

/** A folder that is opened once: whatever takes its name's place later, `root` is still what was opened. */
export interface HeldFolder {
  readonly path: string;
  /** Its files are reached through this; on Linux the kernel goes through the descriptor, not by the name. */
  readonly root: string;
  readonly descriptor: number;
  /** Throws Failed when its name leads elsewhere by now. */
  assertThere(): void;
}

/** Throws Failed when the name does not lead to a folder without a link, and what `work` throws. */
export function withHeldFolder<T>(path: string, work: (folder: HeldFolder) => T): T {
  const descriptor = opened(path);
  try {
    const held = fstatSync(descriptor, { bigint: true });
    const assertThere = () => {
      const now = statSync(path, { bigint: true, throwIfNoEntry: false });
      const leads = LINUX ? readlinkSync(`/proc/self/fd/${descriptor}`) : now && realpathSync(path);
      if (leads !== path || now?.dev !== held.dev || now.ino !== held.ino) throw changed(path);
    };
    assertThere();
    return work({ path, root: LINUX ? `/proc/self/fd/${descriptor}` : path, descriptor, assertThere });
  } finally {
    closeSync(descriptor);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    throw new Failed(`the code in ${path} cannot be read`, 'check codeMount', error);
  }
}

export const changed = (path: string): Failed =>
  new Failed(`${path} was changed while it was read`, 'run it again when nothing writes into that folder');
