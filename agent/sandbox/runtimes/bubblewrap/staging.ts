import type { WorkloadUser } from '../workload-user.ts';

const isRoot = (): boolean => process.getuid?.() === 0;

/** bwrap of root would map root itself into the pod: then these words come before it. */
export const asUser = ({ uid, gid }: WorkloadUser): string[] =>
  isRoot() ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--inh-caps=-all', '--'] : [];

/** Where root lays paths ready, in a mount namespace of its own. A folder that no manifest may ask for. */
const STAGE = '/run';
const SCRIPT = `set -e
mount -t tmpfs -o mode=755,nosuid,nodev stage ${STAGE}
n=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "${STAGE}/$n"; else : >"${STAGE}/$n"; fi
  mount --bind "$1" "${STAGE}/$n"
  n=$((n + 1))
  shift
done
shift
exec "$@"`;

/**
 * How bwrap finds the paths it is to bind. As a person it walks to them itself. Where root starts it for somebody else,
 * that user may be shut out on the way (of root's home, for one): so root binds them first to where they can be reached,
 * as Docker's engine would. What they may do with what they find there stays as it is.
 */
export class Staging {
  readonly #user: WorkloadUser;
  readonly #paths: string[] = [];

  constructor(user: WorkloadUser) {
    this.#user = user;
  }

  /** Where bwrap will find this path. */
  at(path: string): string {
    if (!isRoot()) return path;
    this.#paths.push(path);
    return `${STAGE}/${this.#paths.length - 1}`;
  }

  /** The words before `bwrap`, once every path was named. */
  get prefix(): string[] {
    if (!isRoot()) return [];
    const script = ['/bin/sh', '-c', SCRIPT, 'stage', ...this.#paths, '--'];
    return ['unshare', '--mount', '--', ...script, ...asUser(this.#user)];
  }
}
