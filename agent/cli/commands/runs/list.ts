import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { runRows } from '../../terminal/run-rows.ts';
import { recentRuns } from './recent.ts';

export function runsList({ limit, json }: { limit: number; json: boolean }): void {
  const state = stateDir(loadEnvironment());
  const { runs, problems } = recentRuns(state, limit);
  for (const problem of problems) err.line(shown(problem));
  if (json) out.line(jsonLine({ runs }));
  else if (runs.length === 0) err.line(ours`no runs in ${shown(state)}`);
  else out.line(...runRows(runs, themeFor(process.stdout), out.columns));
}
