import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve, sep } from 'node:path';
import { NotConfigured } from '../errors.ts';

/** Kernel and engine: their files are rights, not data. */
const SYSTEM = ['/proc', '/sys', '/dev', '/run', '/var/run', '/boot'];

/** Where a path really is: symbolic links are resolved before anybody is asked. What is not there stays as it is. */
export const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));

export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Throws NotConfigured for a path that nobody should hand to a server: `/`, the home folder, the system's own. */
export function assertMountable(server: string, path: string): void {
  const home = realPath(homedir());
  const broad =
    isWithin(path, home) ||
    SYSTEM.some((system) => isWithin(system, path) || isWithin(realPath(system), path));
  if (!broad) return;
  throw new NotConfigured(
    `manifest ${server}: ${path} is too much to hand to a server`,
    'name the one folder it needs',
  );
}
