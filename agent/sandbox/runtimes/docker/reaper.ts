import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerCommand } from './docker-command.ts';

/** Who started a container: found again after a SIGKILL, and not mistaken for another process with the same id. */
const LABEL = 'spendwise.host';
const OWNER = /[ ,[]spendwise\.host[=:]([^ ,\]]+)/g;
const NAME = / spendwise-[\w-]+ /;
const FOLDER = 'spendwise-run-';

/** Ticks since boot at which a process started, where /proc says so: an id alone is used again. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

const SELF = `${hostname()}/${process.pid}/${startOf(process.pid)}`;

export const ownLabels = (): Record<string, string> => ({ [LABEL]: SELF });
export const ownFolderPrefix = (): string => join(tmpdir(), `${FOLDER}${process.pid}-`);

function isGone(host: string): boolean {
  const [machine, pid, start] = host.split('/');
  if (machine !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return startOf(Number(pid)) !== start;
}

export interface Reaped {
  readonly folders: number;
  readonly containers: number;
}

/** Removes what hosts of this machine that are gone have left: containers and temporary folders. */
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
  return NAME.test(row) && owners.length > 0 && owners.every(isGone);
}

/** The part of it that needs no engine. */
export function reapFolders(): number {
  let removed = 0;
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(FOLDER) ? name.slice(FOLDER.length).split('-')[0] : undefined;
    if (pid && startOf(Number(pid)) === '' && isGone(`${hostname()}/${pid}/`)) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
      removed += 1;
    }
  }
  return removed;
}
