import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { NotConfigured } from '../foundation/errors.ts';
import type { MCPManifest } from './manifest.ts';

/** Kernel and engine: their files are rights, not data. */
const SYSTEM = ['/proc', '/sys', '/dev', '/run', '/var/run', '/boot'];

/** As a whole, too much; a folder in them may be what somebody needs. */
const BROAD = ['/etc', '/usr', '/var', '/opt', '/home', '/tmp', '/lib', '/lib64', '/bin', '/sbin', '/root'];

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

/** Throws NotConfigured for a path that nobody should hand to a server: `/`, the home folder, the system's own. */
export function assertMountable(server: string, path: string): void {
  const home = realPath(homedir());
  const broad =
    isWithin(path, home) ||
    BROAD.includes(path) ||
    SYSTEM.some((system) => isWithin(system, path) || isWithin(realPath(system), path));
  if (!broad) return;
  throw new NotConfigured(
    `manifest ${server}: ${path} is too much to hand to a server`,
    'name the one folder it needs',
  );
}

/** Throws NotConfigured for a path that would hand a server our own records: grants, packages, audit logs. */
function assertNotOurs(server: string, path: string, stateDir: string): void {
  const ours = realPath(stateDir);
  if (!isWithin(ours, path) && !isWithin(path, ours)) return;
  throw new NotConfigured(
    `manifest ${server}: ${path} holds what SpendWise keeps of grants and audit logs`,
    'name another folder, or set SPENDWISE_STATE_DIR to one outside of it',
  );
}

/** The same for all that a manifest names: what is granted, and what is run. */
export function assertNothingOurs(manifest: MCPManifest, stateDir: string): void {
  const { name, runtimePermissions, codeFolder, tarball } = manifest;
  const granted = runtimePermissions.flatMap((p) => (p.type === 'fs' ? [p.path] : []));
  for (const path of [...granted, codeFolder, tarball])
    if (path !== undefined) assertNotOurs(name, realPath(path), stateDir);
}

/** Throws NotConfigured for a path that is not there: nobody can say what they would grant. */
export function assertAllThere(manifest: MCPManifest): void {
  for (const permission of manifest.runtimePermissions) {
    if (permission.type !== 'fs' || manifest.identityOf(permission.path) !== undefined) continue;
    throw new NotConfigured(
      `${manifest.name}: ${permission.path}, which it asks for, is not there`,
      'make it, or change the manifest',
    );
  }
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
    'give --audit a file outside of what the server may write',
  );
}
