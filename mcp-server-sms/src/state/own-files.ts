import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const GROUP_OR_OTHERS_WRITE = 0o022;

/**
 * Opens SMS_STATE_DIR, or creates it. Throws an Error if it is a link, or others own, may write or may replace it: they
 * could erase opt-outs, caps and the record of sends.
 */
export function openOwnFolder(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined)
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const descriptor = openNoLink(folder, O_RDONLY | O_DIRECTORY);
  try {
    assertOwn(folder, fstatSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
  if (process.getuid === undefined) return;
  for (let above = dirname(realpathSync(folder)); ; above = dirname(above)) {
    const { mode } = lstatSync(above);
    // The sticky bit, as on /tmp, keeps others from replacing the folder.
    if ((mode & 0o1002) === 0o002) throw new Error(`${above}, above it, may be written by everybody`);
    if (above === dirname(above)) return;
  }
}

/** Opens a file in the folder. `make` opens it for writing, and creates it with mode 0600. */
export function openOwnFile(file: string, make: boolean): number {
  const descriptor = openNoLink(file, make ? O_RDWR | O_CREAT | O_NONBLOCK : O_RDONLY | O_NONBLOCK);
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw new Error(`${file} is not a file`);
    assertOwn(file, found);
    // By descriptor, because the path may be replaced by a link.
    if (make) fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** For files that SQLite opens by path. A missing file passes. */
export function assertOwnFile(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) closeSync(openOwnFile(file, false));
}

function openNoLink(path: string, flags: number): number {
  try {
    return openSync(path, flags | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      throw new Error(`${path} is a symbolic link, which is not followed`);
    throw error;
  }
}

function assertOwn(path: string, { uid, mode }: Stats): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  if (uid !== own) throw new Error(`${path} belongs to user ${uid}, and this is user ${own}`);
  if ((mode & GROUP_OR_OTHERS_WRITE) !== 0)
    throw new Error(`${path} may be written by others: chmod go-w, once you have looked at it`);
}
