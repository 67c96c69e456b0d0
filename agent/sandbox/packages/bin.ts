import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { NotConfigured } from '../../errors.ts';
import { isWithin, realPath } from '../mountable.ts';

const PackageJson = z.object({
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
});

/** The program that a package calls its own, as npx would choose it: path relative to the folder it is installed in. */
export function ownBin(folder: string, name: string): string {
  const home = join(folder, 'node_modules', name);
  const { bin } = PackageJson.parse(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')));
  const unscoped = name.split('/').at(-1) ?? name;
  const bins = typeof bin === 'string' ? { [unscoped]: bin } : (bin ?? {});
  const only = Object.keys(bins).length === 1 ? Object.values(bins)[0] : undefined;
  const chosen = bins[unscoped] ?? only;
  if (chosen === undefined) {
    const named = Object.keys(bins).join(', ');
    throw new NotConfigured(
      `${name} ${named === '' ? 'has no program to run' : `has several programs (${named}), none with its own name`}`,
      'it may be a library; a server names one program in "bin"',
    );
  }
  const path = realPath(join(home, chosen));
  if (!existsSync(path) || !isWithin(realPath(home), path))
    throw new NotConfigured(`${name}: its program ${chosen} is not in the package`, 'the package is broken');
  const [firstLine = ''] = readFileSync(path, 'utf8').split('\n', 1);
  if (!/\.[cm]?js$/.test(path) && !/^#!.*\bnode\b/.test(firstLine)) {
    throw new NotConfigured(
      `${name}: its program ${chosen} is not for Node`,
      'run it from an image: registry "oci"',
    );
  }
  return path.slice(realPath(folder).length + 1);
}
