import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failed } from '../errors.ts';
import type { Code } from './runtimes/runtime.ts';

/** More than that is no longer read at every start. */
const MAX_FILES = 60_000;
const MAX_BYTES = 512 * 1024 * 1024;
/** History, not code. */
const SKIPPED: ReadonlySet<string> = new Set(['.git']);

/**
 * SHA-256 over a folder of code: paths, kinds, executable bits and contents of all there is in it, but for `.git`. Throws
 * Failed when it cannot be read, or is too much.
 */
export function codeDigest(folder: string): string {
  const hash = createHash('sha256');
  let [files, bytes] = [0, 0];
  const walk = (relative: string) => {
    for (const name of readdirSync(join(folder, relative)).sort()) {
      if (relative === '' && SKIPPED.has(name)) continue;
      const path = join(relative, name);
      const stat = lstatSync(join(folder, path));
      files += 1;
      bytes += stat.size;
      if (files > MAX_FILES || bytes > MAX_BYTES) {
        throw new Failed(
          `${folder} is too much code to tell whether it changed (over ${MAX_FILES} files or 512 MB)`,
          'let codeMount name a smaller folder',
        );
      }
      if (stat.isDirectory()) {
        hash.update(`d\0${path}\0`);
        walk(path);
      } else if (stat.isSymbolicLink()) hash.update(`l\0${path}\0${readlinkSync(join(folder, path))}\0`);
      else if (stat.isFile()) {
        hash.update(`f\0${path}\0${stat.mode & 0o111 ? 'x' : '-'}\0${stat.size}\0`);
        hash.update(readFileSync(join(folder, path)));
      } else hash.update(`o\0${path}\0`);
    }
  };
  try {
    walk('');
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw new Failed(`the code in ${folder} cannot be read`, 'check codeMount', error);
  }
  return hash.digest('hex');
}

/** Of the code that a runtime would run; empty when it has none to run. */
export const digestOf = (code: Code | undefined): string =>
  code === undefined ? '' : (code.digest ?? codeDigest(code.folder));
