import type { WorkloadUser } from '../workload-user.ts';

const isRoot = (): boolean => process.getuid?.() === 0;

/** bwrap of root would map root itself into the pod: then these words come before it. */
export const asUser = ({ uid, gid }: WorkloadUser): string[] =>
  isRoot() ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--inh-caps=-all', '--'] : [];

/** Where root lays paths ready, in a mount namespace of its own. A folder that no manifest may ask for. */
const STAGE = '/run';
const SCRIPT = `set -e
mount -t tmpfs -o mode=755,nosuid,nodev stage ${STAGE}
printf '%s\\n' "$1" >${STAGE}/table
shift
n=0
folders=
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then folders="$folders ${STAGE}/$n"; else : >"${STAGE}/$n"; fi
  n=$((n + 1))
  shift
done
shift
if [ -n "$folders" ]; then mkdir $folders; fi
mount --all --fstab ${STAGE}/table
exec "$@"`;

/** As in an fstab, where white space, backslashes and hashes are octal. */
const inTable = (path: string): string =>
  path.replace(/[ \t\n\\#]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);

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
    // One program mounts all: each start of one takes its time.
    const table = this.#paths.map((path, at) => `${inTable(path)} ${STAGE}/${at} none bind 0 0`).join('\n');
    const script = ['/bin/sh', '-c', SCRIPT, 'stage', table, ...this.#paths, '--'];
    return ['unshare', '--mount', '--', ...script, ...asUser(this.#user)];
  }
}
