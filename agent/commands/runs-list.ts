import { loadEnvironment, stateDir } from '../environment.ts';
import { plainText } from '../plain-text.ts';
import { recentRuns } from '../runs/recent.ts';
import { runRows } from '../terminal/run-rows.ts';
import { themeFor } from '../terminal/theme.ts';

/** `spendwise runs list`: the runs there are, newest first. */
export function runsList({ limit, json }: { limit: number; json: boolean }): void {
  const state = stateDir(loadEnvironment());
  const { runs, unreadable } = recentRuns(state, limit);
  for (const message of unreadable) process.stderr.write(`left out: ${plainText(message)}\n`);
  const { stdout } = process;
  if (json) stdout.write(`${JSON.stringify({ runs })}\n`);
  else if (runs.length === 0) process.stderr.write(`no runs in ${plainText(state)}\n`);
  else stdout.write(`${runRows(runs, themeFor(stdout), stdout.columns).join('\n')}\n`);
}
