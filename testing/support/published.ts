import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A published package as a person would write it down, with what it is to be granted. */
export interface Published {
  readonly packageName: string;
  readonly packageVersion: string;
  readonly args?: readonly string[];
  /** Names of variables that it may read. */
  readonly variables?: readonly string[];
  readonly folder?: { readonly path: string; readonly at: string; readonly write: boolean };
}

const READ = 'mcp.ac.filesystem.read';
const WRITE = 'mcp.ac.filesystem.write';

/** Writes its manifest into a folder. Returns the path. */
export function publishedManifest(
  into: string,
  { packageName, packageVersion, args = [], variables = [], folder }: Published,
  file = packageName.replace(/\W+/g, '-'),
): string {
  const path = join(into, `${file}.json`);
  const manifest = {
    name: packageName.slice(packageName.indexOf('/') + 1),
    registry: 'npm',
    packageName,
    packageVersion,
    permissions: [
      ...(folder === undefined ? [] : [READ]),
      ...(folder?.write ? [WRITE] : []),
      ...(variables.length > 0 ? ['mcp.ac.system.env.read'] : []),
    ],
    runtimeArgs: args,
    runtimePermissions: [
      ...(folder === undefined
        ? []
        : [{ type: 'fs', path: folder.path, containerPath: folder.at, read: true, write: folder.write }]),
      ...variables.map((name) => ({ type: 'env', name })),
    ],
  };
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}
