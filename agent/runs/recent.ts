import { Failed } from '@spendwise/sandbox/errors';
import { runIds } from './files.ts';
import { type RunSummary, readRun, summarize } from './read.ts';

/** The newest runs. A file that cannot be read is reported, and the others are still listed. */
export function recentRuns(
  stateDir: string,
  limit: number,
): { readonly runs: readonly RunSummary[]; readonly unreadable: readonly string[] } {
  const runs: RunSummary[] = [];
  const unreadable: string[] = [];
  for (const id of runIds(stateDir)) {
    if (runs.length >= limit) break;
    try {
      runs.push(summarize(readRun(stateDir, id)));
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      unreadable.push(error.message);
    }
  }
  return { runs, unreadable };
}
