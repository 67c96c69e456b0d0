import { posix } from 'node:path';
import { NotConfigured } from '../foundation/errors.ts';
import { isWithin } from '../foundation/paths.ts';
import { assertAll } from './mistakes.ts';
import type { RuntimePermission } from './permissions.ts';

/** Where a server's code is mounted, as its working directory. */
export const CODE_AT = '/app';

/** What the sandbox itself runs, reads or mounts: nothing granted may lie there, or around it. */
const SYSTEM = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/boot'],
  ...['/proc', '/sys', '/dev', '/run', '/var/run', CODE_AT],
];

/** A scratch folder of the sandbox: what is granted may lie in it, not in its place. */
const SCRATCH = ['/tmp', '/var/tmp'];

type FSGrant = Extract<RuntimePermission, { type: 'fs' }>;

/** Where a granted path stands inside. */
export const placeOf = ({ path, containerPath }: FSGrant): string => containerPath ?? path;

/** The granted paths, outer before inner: what is mounted later lies on top. */
export const mountOrder = (granted: readonly RuntimePermission[]): FSGrant[] =>
  granted
    .filter((p) => p.type === 'fs')
    // The code is mounted by itself, where its own permission says.
    .filter((p) => placeOf(p) !== CODE_AT)
    .sort((a, b) => placeOf(a).length - placeOf(b).length);

/**
 * Throws NotConfigured when a path inside is not in its plain form, lies over the system's or our own tree, is taken by
 * two grants, or lies in another that the server may write: it could replace what a mount is put on.
 */
export function assertPlaces(server: string, wanted: readonly RuntimePermission[]): void {
  const grants = wanted.filter((p) => p.type === 'fs');
  assertAll(server, [
    ...grants.map((grant) => () => assertPlace(server, placeOf(grant))),
    () => assertApart(server, grants),
  ]);
}

function assertApart(server: string, grants: readonly FSGrant[]): void {
  const fail = (what: string, hint: string): never => {
    throw new NotConfigured(`manifest ${server}: runtimePermissions: containerPath: ${what}`, hint);
  };
  for (const [at, inner] of grants.entries()) {
    for (const [other, outer] of grants.entries()) {
      const [place, around] = [placeOf(inner), placeOf(outer)];
      if (at === other || !isWithin(around, place)) continue;
      if (place === around) fail(`${place} is asked for twice`, 'give each path its own containerPath');
      if (outer.write)
        fail(
          `${place} is inside ${around}, which the server may write`,
          'remove it, or mount it elsewhere, such as "containerPath": "/data"',
        );
    }
  }
}

function assertPlace(server: string, place: string): void {
  const taken =
    SYSTEM.some((system) => isWithin(system, place) || isWithin(place, system)) ||
    SCRATCH.some((scratch) => isWithin(place, scratch));
  if (posix.resolve(place) === place && !taken) return;
  throw new NotConfigured(
    `manifest ${server}: runtimePermissions: containerPath: ${place} ${taken ? 'is reserved for the sandbox itself' : 'is not a plain absolute path'}`,
    'choose another path, such as "containerPath": "/data"',
  );
}
