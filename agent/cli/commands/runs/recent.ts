import { Failed } from '@spendwise/sandbox/errors';
import { textsOfRun } from '../../../pages/run/reading/parts.ts';
import { runIds } from '../../../runs/files.ts';
import { type RunSummary, readRun, summarize } from '../../../runs/read.ts';

export interface RecentRun extends RunSummary {
  /** Texts that went out, and texts that may have gone out. */
  readonly texts: { readonly sent: number; readonly unknown: number };
}

/** The newest runs. What cannot be read is reported, and the others are still listed. */
export function recentRuns(
  stateDir: string,
  limit: number,
): { readonly runs: readonly RecentRun[]; readonly problems: readonly string[] } {
  const runs: RecentRun[] = [];
  const problems = new Set<string>();
  for (const id of runIds(stateDir)) {
    if (runs.length >= limit) break;
    try {
      const run = readRun(stateDir, id);
      const { out, unknown, gaps } = textsOfRun(stateDir, run);
      for (const gap of gaps) problems.add(gap);
      runs.push({ ...summarize(run), texts: { sent: out.length, unknown: unknown.length } });
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      problems.add(`left out: ${error.message}`);
    }
  }
  return { runs, problems: [...problems] };
}
