import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** The limit that Linux has. */
const MAX_LINKS = 40;

/**
 * Resolves symbolic links, so that the user is asked about the real path. For a missing path: where it would be created. Links
 * above it, and a link to a missing target, are resolved too.
 */
export function realPath(path: string, links = MAX_LINKS): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    if (whole === dirname(whole)) return whole;
    const here = join(realPath(dirname(whole), links), basename(whole));
    const target = links > 0 ? linkTarget(here) : undefined;
    return target === undefined ? here : realPath(resolve(dirname(here), target), links - 1);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** `device:inode`: changes when the file at this path is replaced. Undefined when it cannot be read. */
export function identityIfThere(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
