import { isGone, ownIdentity, type ProcessIdentity } from '../../foundation/process-identity.ts';
import { reapFolders } from '../run-folders.ts';
import { dockerCommand } from './docker-command.ts';

/** Identifies the process that started a container, even after a SIGKILL or when its pid is reused. */
const LABEL = 'spendwise.host';
const OWNER = /[ ,[]spendwise\.host[=:]([^ ,\]]+)/g;
const NAME = / spendwise-[\w-]+ /;

const nameOf = ({ host, pid, started }: ProcessIdentity): string => `${host}/${pid}/${started}`;
const ownerOf = (name: string): ProcessIdentity => {
  const [host = '', pid, started = ''] = name.split('/');
  return { host, pid: Number(pid), started };
};

export const ownLabels = (): Record<string, string> => ({ [LABEL]: nameOf(ownIdentity()) });

export interface Reaped {
  readonly folders: number;
  readonly containers: number;
}

/** Removes containers and temporary folders left by ended host processes of this machine. */
export async function reap(): Promise<Reaped> {
  const folders = reapFolders();
  const rows = await dockerCommand([
    'ps',
    '-a',
    '--filter',
    `label=${LABEL}`,
    '--format',
    // Podman 4 knows no `.Label`. Docker prints `name=value,…`, Podman `map[name:value …]`.
    '{{.ID}} {{.Names}} {{.Labels}}',
  ]);
  const left = rows.split('\n').filter(isLeft);
  if (left.length > 0)
    await dockerCommand(['rm', '-f', '-v', ...left.map((row) => row.split(' ')[0] as string)]).catch(
      () => {},
    );
  return { folders, containers: left.length };
}

/**
 * An image brings labels of its own, and text that looks like another: our own is always among them, so a container is
 * left behind when all that it could mean are gone. One of another name is not ours, whatever its image says.
 */
export function isLeft(row: string): boolean {
  const owners = [...row.matchAll(OWNER)].map(([, owner = '']) => owner);
  return NAME.test(row) && owners.length > 0 && owners.every((owner) => isGone(ownerOf(owner)));
}
