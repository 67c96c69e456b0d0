import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@spendwise/sandbox/errors';
import { stateFolderIfThere } from '@spendwise/sandbox/foundation';
import { RUN_ID } from './id.ts';

/** `runs/ID.jsonl` in the state directory: one file a run, readable for its owner alone. */
export const runFolder = (stateDir: string): string => join(stateDir, 'runs');
export const runFile = (stateDir: string, id: string): string => join(runFolder(stateDir), `${id}.jsonl`);

/** How many are kept. */
const MAX_RUNS = 200;
/** An ambiguous name is answered with so many. */
const MAX_NAMED = 10;

/** Ids of the runs there are, newest first; what else lies in the folder is none of ours. Throws NotConfigured where others may write. */
export function runIds(stateDir: string): string[] {
  const folder = stateFolderIfThere(stateDir, 'runs');
  const names = folder === undefined ? [] : readdirSync(folder);
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .filter((id) => RUN_ID.test(id))
    .sort()
    .reverse();
}

/** The run that a person names by its id or the beginning of it. Throws UsageError when it is none, or several. */
export function findRun(stateDir: string, name: string): string {
  const wanted = name.trim().toLowerCase();
  const ids = runIds(stateDir).filter((id) => wanted !== '' && id.startsWith(wanted));
  const [id] = ids;
  if (id === undefined) throw new UsageError(`there is no run ${name}`, '`spendwise runs list` shows them');
  if (ids.length === 1) return id;
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
  throw new UsageError(
    `${ids.length} runs begin with ${name}: ${ids.slice(0, MAX_NAMED).join(', ')}${more}`,
    'type more of the id',
  );
}

/** Removes the oldest runs beyond those that are kept. */
export function removeOldRuns(stateDir: string, kept = MAX_RUNS): void {
  for (const id of runIds(stateDir).slice(kept)) rmSync(runFile(stateDir, id), { force: true });
}
