import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@spendwise/sandbox/errors';
import { stateFolderIfThere } from '@spendwise/sandbox/foundation';
import { RUN_ID } from './id.ts';

/** `runs/ID.jsonl` in the state directory: one file for each run, readable by its owner only. */
export const runFolder = (stateDir: string): string => join(stateDir, 'runs');
export const runFile = (stateDir: string, id: string): string => join(runFolder(stateDir), `${id}.jsonl`);

const MAX_RUNS = 200;
/** Maximum ids listed for an ambiguous name. */
const MAX_NAMED = 10;

/** Ids of all runs, newest first. Other files are ignored. Throws NotConfigured if others may write to the folder. */
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

/** Finds a run by its id or the start of it. Throws UsageError if none or several match. */
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

/** The run that begins is kept, also when the clock was set back and others seem newer. */
export function removeOldRuns(stateDir: string, begun: string): void {
  const others = runIds(stateDir).filter((id) => id !== begun);
  for (const id of others.slice(MAX_RUNS - 1)) rmSync(runFile(stateDir, id), { force: true });
}
