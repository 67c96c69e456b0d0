import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failed } from '../foundation/errors.ts';
import type { Code } from '../plan/launch-plan.ts';
import type { CodeParts } from './code-parts.ts';
import { changed, type HeldFolder, withHeldFolder } from './held-folder.ts';
import { MAX_CODE_BYTES, MAX_CODE_FILES } from './size-limit.ts';

/** Holds history, not code. Left out of digests and snapshots at any depth. */
const SKIPPED: ReadonlySet<string> = new Set(['.git']);

export interface CodeReading {
  /** SHA-256 over paths, kinds, executable bits and contents of all there is, but for `.git`. */
  readonly digest: string;
  /** Over owners and permissions, which are no part of the digest. */
  readonly rights: string;
  readonly parts: CodeParts;
}

/** Throws Failed when it cannot be read, or is too much. */
export const readCode = (folder: string): CodeReading => withHeldFolder(folder, (held) => readHeldCode(held));

/**
 * Reads a folder of code once. With `copyTo`, a folder that is made, the copy holds the very bytes that the digest is
 * over. No link is followed, not even one that takes the place of a file, or of the folder, meanwhile. Throws Failed
 * when it cannot be read, or is too much.
 */
export function readHeldCode(held: HeldFolder, copyTo?: string): CodeReading {
  const { path: folder, root } = held;
  const [hash, rights] = [createHash('sha256'), createHash('sha256')];
  const parts = new Map<string, string>();
  const left = { files: MAX_CODE_FILES, bytes: MAX_CODE_BYTES };
  const take = (bytes: number) => {
    left.files -= 1;
    left.bytes -= bytes;
    if (left.files >= 0 && left.bytes >= 0) return;
    throw new Failed(
      `${folder} has too much code to check for changes (over ${MAX_CODE_FILES} files or 512 MB)`,
      'set codeMount to a smaller folder',
    );
  };
  const walk = (relative: string) => {
    for (const name of namesIn(join(root, relative), left.files)) {
      const path = join(relative, name);
      const from = join(root, path);
      const to = copyTo === undefined ? undefined : join(copyTo, path);
      const stat = lstatSync(from);
      take(stat.size);
      if (!stat.isSymbolicLink()) rights.update(`${stat.mode}\0${stat.uid}\0${stat.gid}\0`);
      if (stat.isDirectory()) {
        hash.update(`d\0${path}\0`);
        if (to !== undefined) mkdirSync(to, { mode: 0o700 });
        walk(path);
        if (to !== undefined) giveRights(to, stat);
      } else if (stat.isSymbolicLink()) {
        const target = readlinkSync(from);
        hash.update(`l\0${path}\0${target}\0`);
        parts.set(path, short(`l${target}`));
        if (to !== undefined) symlinkSync(target, to);
      } else if (stat.isFile()) {
        const bytes = contentOf(from, join(folder, path), stat);
        const kind = stat.mode & 0o111 ? 'x' : '-';
        hash.update(`f\0${path}\0${kind}\0${bytes.length}\0`).update(bytes);
        parts.set(path, short(kind, bytes));
        if (to === undefined) continue;
        writeFileSync(to, bytes, { mode: 0o600, flag: 'wx' });
        giveRights(to, stat);
      }
    }
  };
  try {
    const stat = fstatSync(held.descriptor);
    if (copyTo !== undefined) mkdirSync(copyTo, { mode: 0o700 });
    rights.update(`${stat.mode}\0${stat.uid}\0${stat.gid}\0`);
    walk('');
    held.assertThere();
    if (copyTo !== undefined) giveRights(copyTo, stat);
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw new Failed(`the code in ${folder} cannot be read`, 'check codeMount', error);
  }
  return { digest: hash.digest('hex'), rights: rights.digest('hex'), parts };
}

export const codeDigest = (folder: string): string => readCode(folder).digest;

/** Of the code that a runtime would run; empty when it has none to run. */
export const digestOf = (code: Code | undefined): string =>
  code === undefined ? '' : (code.digest ?? codeDigest(code.folder));

/** In order, and no more than may still come. */
function namesIn(folder: string, most: number): string[] {
  const names: string[] = [];
  const directory = opendirSync(folder);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (SKIPPED.has(entry.name)) continue;
      names.push(entry.name);
      if (names.length > most) break;
    }
  } finally {
    directory.closeSync();
  }
  return names.sort();
}

/** Of the file that was looked at, which must be at this path. */
function contentOf(from: string, path: string, looked: Stats): Buffer {
  const file = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { dev, ino, size } = fstatSync(file);
    const place = process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${file}`) : realpathSync(path);
    if (dev !== looked.dev || ino !== looked.ino || size !== looked.size || place !== path)
      throw changed(path);
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const read = readSync(file, bytes, at, size - at, at);
      if (read === 0) throw changed(path);
      at += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Those of the original: what the server's user could not read there, it cannot read here. A folder can be removed again. */
function giveRights(path: string, stat: Stats): void {
  if (process.getuid?.() === 0) chownSync(path, stat.uid, stat.gid);
  chmodSync(path, (stat.mode & 0o777) | (stat.isDirectory() ? 0o700 : 0));
}

const short = (...pieces: (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex').slice(0, 16);
};
