import { homedir } from 'node:os';
import { NotConfigured } from '../foundation/errors.ts';
import { isWithin, realPath } from '../foundation/paths.ts';

/** Files of the kernel and of the container engine give privileges. */
const SYSTEM = ['/proc', '/sys', '/dev', '/run', '/var/run', '/boot'];

/** Too much as a whole, but a folder inside may be granted. */
const BROAD = ['/etc', '/usr', '/var', '/opt', '/home', '/tmp', '/lib', '/lib64', '/bin', '/sbin', '/root'];

/** Throws NotConfigured for a path that nobody should hand to a server: `/`, the home folder, the system's own. */
export function assertMountable(server: string, path: string): void {
  const home = realPath(homedir());
  const broad =
    isWithin(path, home) ||
    BROAD.includes(path) ||
    SYSTEM.some((system) => isWithin(system, path) || isWithin(realPath(system), path));
  if (!broad) return;
  throw new NotConfigured(
    `manifest ${server}: ${path} is too broad to grant to a server`,
    'name only the folder that it needs',
  );
}
