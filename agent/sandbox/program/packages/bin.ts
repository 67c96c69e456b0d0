import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { NotConfigured } from '../../foundation/errors.ts';
import { isWithin, realPath } from '../../foundation/paths.ts';

const PackageJson = z.object({
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
});

/** The program that a package calls its own, as npx would choose it: path relative to the folder it is installed in. */
export function ownBin(folder: string, name: string): string {
  const home = join(folder, 'node_modules', name);
  const { bin } = readPackageJson(name, home);
  const unscoped = name.split('/').at(-1) ?? name;
  const bins = typeof bin === 'string' ? { [unscoped]: bin } : (bin ?? {});
  const only = Object.keys(bins).length === 1 ? Object.values(bins)[0] : undefined;
  const chosen = Object.hasOwn(bins, unscoped) ? bins[unscoped] : only;
  if (chosen === undefined) {
    const named = Object.keys(bins).join(', ');
    throw new NotConfigured(
      `${name} ${named === '' ? 'has no program to run' : `has several programs (${named}), none with the package's name`}`,
      'it may be a library; a server names one program in "bin"',
    );
  }
  const path = realPath(join(home, chosen));
  if (!isFile(path) || !isWithin(realPath(home), path))
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

function readPackageJson(name: string, home: string): z.output<typeof PackageJson> {
  try {
    const text = readFileSync(join(home, 'package.json'), 'utf8');
    // npm accepts a byte order mark, so we do too.
    return PackageJson.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (error) {
    throw new NotConfigured(
      `${name}: its package.json cannot be read, or its "bin" names no programs`,
      'the package is broken',
      error,
    );
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Also for a name that no file can have.
    return false;
  }
}
