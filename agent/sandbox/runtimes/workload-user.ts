import { statSync } from 'node:fs';
import { NotConfigured } from '../foundation/errors.ts';
import { NOBODY, type UserId } from '../foundation/nobody.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';

export type WorkloadUser = UserId;

/** As in gateway.sh. A workload with this id could signal the relay and open its wire. */
const GATEWAY_UID = 65533;

/**
 * Who a workload runs as: the person, when that is not root; else the owner of a granted folder, when that is not root;
 * else nobody in particular. Throws NotConfigured when a granted path could not be used that way.
 *
 * Where ids are `shifted`, it is nobody: any user inside is nobody outside, and root alone is the person.
 */
export function workloadUser(
  { manifest, granted, program }: LaunchPlan,
  ids: 'machine' | 'kept' | 'shifted' = 'machine',
): WorkloadUser {
  if (ids === 'shifted') {
    for (const { path, write } of mounted({ granted, program })) assertOpenToAll(manifest.name, path, write);
    return NOBODY;
  }
  const folders = granted.filter((p) => p.type === 'fs');
  const stats = folders.map((grant) => ({ grant, stat: statOf(grant.path) }));
  const user = person() ?? owner(stats.map(({ stat }) => stat)) ?? NOBODY;
  if (user.uid === GATEWAY_UID) {
    throw new NotConfigured(
      `${manifest.name}: it would run as user ${GATEWAY_UID}, which is the gateway's`,
      'give the granted folder to another user',
    );
  }
  for (const { grant, stat } of stats) {
    const wanted = [...(grant.read ? ['read' as const] : []), ...(grant.write ? ['write' as const] : [])];
    const missing = wanted.find((kind) => !may(user, stat, kind));
    if (missing === undefined) continue;
    throw new NotConfigured(
      `${manifest.name}: it would run as user ${user.uid}, who cannot ${missing} ${grant.path}`,
      missing === 'read'
        ? `chmod o+rX ${grant.path}`
        : `make a user other than root the owner of ${grant.path}`,
    );
  }
  return user;
}

/** All that is mounted for the workload: what was granted, and the code where no image has it. */
const mounted = ({ granted, program }: Pick<LaunchPlan, 'granted' | 'program'>) => [
  ...granted.filter((p) => p.type === 'fs'),
  ...(program.image === undefined && program.code ? [{ path: program.code.folder, write: false }] : []),
];

function assertOpenToAll(server: string, path: string, write: boolean): void {
  const stat = statOf(path);
  const missing = (['read', ...(write ? ['write' as const] : [])] as const).find(
    (kind) => !may(STRANGER, stat, kind),
  );
  if (missing === undefined) return;
  throw new NotConfigured(
    `${server}: this engine maps user ids, and none that it maps to can ${missing} ${path}`,
    `${missing === 'read' ? `chmod o+rX ${path}, or use` : 'use'} rootless Podman, or --runtime bubblewrap`,
  );
}

/** Who owns nothing and is in no group. */
const STRANGER: WorkloadUser = { uid: -1, gid: -1 };

/** Who a workload runs as that was granted no path. */
export const anyUser = (): WorkloadUser => person() ?? NOBODY;

function person(): WorkloadUser | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

const owner = (stats: readonly { uid: number; gid: number }[]): WorkloadUser | undefined =>
  stats.find(({ uid }) => uid !== 0);

function statOf(path: string) {
  try {
    const { uid, gid, mode } = statSync(path);
    return { uid, gid, mode, directory: statSync(path).isDirectory() };
  } catch (error) {
    throw new NotConfigured(
      `the granted path ${path} cannot be read`,
      'create it, or correct the manifest',
      error,
    );
  }
}

function may(user: WorkloadUser, stat: ReturnType<typeof statOf>, kind: 'read' | 'write'): boolean {
  // A folder that is read must be entered as well.
  const bits = kind === 'write' ? 0o2 : stat.directory ? 0o5 : 0o4;
  const shift = user.uid === stat.uid ? 6 : user.gid === stat.gid ? 3 : 0;
  return ((stat.mode >> shift) & bits) === bits;
}
