import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** More than that is no longer read at every start. */
export const MAX_CODE_FILES = 60_000;
export const MAX_CODE_BYTES = 512 * 1024 * 1024;

/** Counts the real files: a package can lie about its size. Stops at the limit. */
export async function isTooLarge(
  folder: string,
  { files, bytes }: SizeLimit = { files: MAX_CODE_FILES, bytes: MAX_CODE_BYTES },
): Promise<boolean> {
  const left = { files, bytes };
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    try {
      for await (const entry of await opendir(next)) {
        const path = join(next, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        left.files -= 1;
        left.bytes -= (await lstat(path)).size;
        if (left.files < 0 || left.bytes < 0) return true;
      }
    } catch (error) {
      // npm may move or remove files while this counts.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return false;
}

export interface SizeLimit {
  readonly files: number;
  readonly bytes: number;
}
