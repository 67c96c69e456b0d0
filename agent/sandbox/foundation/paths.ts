import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** As many as Linux follows. */
const MAX_LINKS = 40;

/**
 * Where a path really is: symbolic links are resolved before anybody is asked. Of what is not there yet, where it would
 * be made: links above it are resolved, and one that leads to what is missing is too.
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

/** `device:inode` of what is there: another thing under its name has another. Undefined where it cannot be looked at. */
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
