import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this clone, or of the installed package. */
export const HOME = fileURLToPath(new URL('../..', import.meta.url));

/** A clone has the sources. A package has what was made of them when it was packed, in `dist-app`. */
export const isClone = existsSync(join(HOME, 'agent/settings'));

/** Bundles of the servers and of the gateway. */
export const DIST = join(HOME, isClone ? 'dist' : 'dist-app/dist');
