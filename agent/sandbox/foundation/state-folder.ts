import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failed, NotConfigured, SpendwiseError } from './errors.ts';

/**
 * Anyone who can write the state folder can grant permissions: it holds the grants, and the record of sent texts. So every
 * file in it is opened through this module. It refuses files that others own or can write, and never follows a link. It
 * checks mode bits but no access control lists. On Windows it checks nothing.
 */

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const GROUP_OR_OTHERS_WRITE = 0o022;
const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** The state folder, or a folder in it, made with mode 0700 where it is missing. Throws NotConfigured, or Failed. */
export function openStateFolder(stateDir: string, name = ''): string {
  return speaking(stateDir, () => {
    for (const folder of new Set([stateDir, join(stateDir, name)])) {
      if (!isThere(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
      assertOwnFolder(folder);
    }
    assertParents(stateDir);
    return join(stateDir, name);
  });
}

/** The same for reading: undefined where it is missing, and nothing is made. Throws NotConfigured, or Failed. */
export function stateFolderIfThere(stateDir: string, name = ''): string | undefined {
  return speaking(stateDir, () => {
    if (!isThere(stateDir)) return undefined;
    const folder = join(openStateFolder(stateDir), name);
    return isThere(folder) ? openStateFolder(stateDir, name) : undefined;
  });
}

/** Turns errors of the system into messages for the user. */
function speaking<T>(stateDir: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SpendwiseError || !(error instanceof Error && 'code' in error)) throw error;
    throw new Failed(
      `the state folder ${stateDir} cannot be used (${error.code})`,
      'set SPENDWISE_STATE_DIR to a folder you can write',
      error,
    );
  }
}

/** The text of a file in the state folder; undefined where there is none. Throws NotConfigured, or as open does. */
export function readStateFile(file: string): string | undefined {
  const descriptor = openStateFile(file, O_RDONLY);
  if (descriptor === undefined) return undefined;
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * A descriptor of a file in the state folder; undefined where there is none, and `flags` do not make it. Never waits
 * for a writer (of a named pipe). Throws NotConfigured, or as open does.
 */
export function openStateFile(file: string, flags: number): number | undefined {
  const descriptor = openIfThere(file, flags | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor === undefined) return undefined;
  try {
    assertOwnFile(file, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** For a file that something else opens by its path, such as a database. What is missing passes. */
export function assertStateFile(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found !== undefined) assertOwnFile(file, found);
}

/** True also for a dangling link. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function assertOwnFolder(folder: string): void {
  const descriptor = openIfThere(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (descriptor === undefined) return;
  try {
    assertOwn(folder, fstatSync(descriptor), 'chmod 700');
  } finally {
    closeSync(descriptor);
  }
}

function assertOwnFile(file: string, found: Stats): void {
  if (found.isSymbolicLink()) throw isLink(file);
  if (!found.isFile()) throw new NotConfigured(`${file} is not a file`, 'remove it');
  assertOwn(file, found, 'chmod 600');
}

function assertOwn(path: string, { uid, mode }: Stats, tighten: string): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  if (uid !== own) {
    throw new NotConfigured(
      `${path} belongs to user ${uid}, but you are user ${own}: its grants may not be yours`,
      'set SPENDWISE_STATE_DIR to a folder of your own, or remove this one',
    );
  }
  if ((mode & GROUP_OR_OTHERS_WRITE) !== 0) {
    throw new NotConfigured(
      `other users can write ${path}: its grants may not be yours`,
      `check what is in it, then \`${tighten} ${path}\``,
    );
  }
}

/**
 * Anyone who can rename a parent folder can replace the state folder. So all parents are checked: of the path as written,
 * and of the path it resolves to. The sticky bit (as on /tmp) prevents renames by others. The user's own group is allowed.
 */
function assertParents(stateDir: string): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  for (const folder of new Set([...above(resolve(stateDir)), ...above(realpathSync(stateDir))])) {
    const { uid, gid, mode } = statSync(folder);
    if (uid !== 0 && uid !== own) throw replaceable(stateDir, `by user ${uid}, who owns ${folder}`);
    if ((mode & STICKY) !== 0) continue;
    if ((mode & OTHERS_WRITE) !== 0)
      throw replaceable(stateDir, `by anybody: all users can write ${folder}`, `\`chmod o-w ${folder}\``);
    if ((mode & GROUP_WRITE) !== 0 && gid !== process.getgid?.())
      throw replaceable(stateDir, `by group ${gid}, which can write ${folder}`, `\`chmod g-w ${folder}\``);
  }
}

function above(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...above(parent)];
}

const replaceable = (stateDir: string, how: string, tighten?: string): NotConfigured =>
  new NotConfigured(
    `the state folder ${stateDir} can be replaced ${how}`,
    [tighten, 'set SPENDWISE_STATE_DIR to another folder'].filter(Boolean).join(', or '),
  );

function openIfThere(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    // ELOOP: O_NOFOLLOW met a link. With O_DIRECTORY Linux says ENOTDIR instead.
    if (code === 'ELOOP' || lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw isLink(path);
    throw error;
  }
}

const isLink = (path: string): NotConfigured =>
  new NotConfigured(
    `${path} is a symbolic link, and links are not followed: their target can change`,
    'remove it; to keep the state elsewhere, set SPENDWISE_STATE_DIR to that folder',
  );
