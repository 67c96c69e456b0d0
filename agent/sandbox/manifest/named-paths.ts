import { basename, dirname, join, resolve } from 'node:path';
import { NotConfigured } from '../foundation/errors.ts';
import { identityIfThere, isWithin, realPath } from '../foundation/paths.ts';
import type { MCPManifest } from './manifest.ts';
import { assertAll } from './mistakes.ts';

/** Throws NotConfigured for a path that would hand a server our own records: grants, packages, audit logs. */
function assertNotOurs(server: string, path: string, stateDir: string): void {
  const ours = realPath(stateDir);
  if (!isWithin(ours, path) && !isWithin(path, ours)) return;
  throw new NotConfigured(
    `manifest ${server}: ${path} overlaps the folder of SpendWise's grants and audit logs`,
    'name another folder, or set SPENDWISE_STATE_DIR to a folder outside it',
  );
}

/** The same check for every path in a manifest: permissions and code. */
export function assertNothingOurs(manifest: MCPManifest, stateDir: string): void {
  const { name, runtimePermissions, codeFolder, tarball } = manifest;
  const granted = runtimePermissions.flatMap((p) => (p.type === 'fs' ? [p.path] : []));
  for (const path of [...granted, codeFolder, tarball])
    if (path !== undefined) assertNotOurs(name, realPath(path), stateDir);
}

/** Throws NotConfigured for a missing path: the user could not know what they grant. */
export function assertAllThere(manifest: MCPManifest): void {
  const { name, runtimePermissions, image, codeFolder, tarball } = manifest;
  const missing = (path: string, what: string) => () => {
    throw new NotConfigured(
      `manifest ${name}: ${path}, ${what}, does not exist`,
      'create it, or correct the manifest',
    );
  };
  const granted = runtimePermissions.flatMap((p) =>
    p.type === 'fs' && manifest.identityOf(p.path) === undefined
      ? [missing(p.path, 'which it asks for')]
      : [],
  );
  // With an image besides, the code may not have been built.
  const needed = [image === undefined ? codeFolder : undefined, tarball].filter((path) => path !== undefined);
  const code = needed.flatMap((path) =>
    identityIfThere(path) === undefined ? [missing(path, 'which it runs')] : [],
  );
  assertAll(name, [...granted, ...code]);
}

/** Throws NotConfigured for a record that the server could rewrite, by the path as given or where it leads. */
export function assertRecordOutside({ name, runtimePermissions }: MCPManifest, file: string): void {
  const at = resolve(file);
  const places = [at, join(realPath(dirname(at)), basename(at)), realPath(at)];
  const writable = runtimePermissions.flatMap((p) => (p.type === 'fs' && p.write ? [p.path] : []));
  const folder = writable.find((path) => places.some((place) => isWithin(path, place)));
  if (folder === undefined) return;
  throw new NotConfigured(
    `manifest ${name}: the server may write ${folder}, and so its own audit log ${file}`,
    'choose a file for --audit that the server cannot write',
  );
}
