import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { NotConfigured } from './errors.ts';
import { stateFolderIfThere } from './state-folder.ts';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's value. Empty counts as not set. */
export const variable = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined;

/**
 * The folder of grants and audit logs: `SPENDWISE_STATE_DIR`, else the place of the XDG convention. Absolute. Throws
 * NotConfigured if it is relative, a link, owned by another user, or writable by others.
 */
export function stateDir(environment: Environment): string {
  const [own, xdg] = ['SPENDWISE_STATE_DIR', 'XDG_STATE_HOME'].map((name) => wholePath(environment, name));
  const folder = resolve(own ?? join(xdg ?? join(homedir(), '.local', 'state'), 'spendwise'));
  stateFolderIfThere(folder);
  return folder;
}

function wholePath(environment: Environment, name: string): string | undefined {
  const path = variable(environment, name);
  if (path === undefined || isAbsolute(path)) return path;
  throw new NotConfigured(
    `${name} is not an absolute path: it would mean a different folder in each working directory`,
    'start it with /',
  );
}
