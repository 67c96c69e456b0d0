import {
  assertOwnRuns,
  describeProblem,
  findLog,
  type Removed,
  readRemovals,
  removalsFile,
  runLogs,
  walkLog,
} from '../../audit/index.ts';
import { stateDir } from '../../foundation/environment.ts';
import { Failed } from '../../foundation/errors.ts';
import { jsonLine } from '../../foundation/shown/json-line.ts';
import { counted, ours, type Shown, shown } from '../../foundation/shown/shown.ts';
import { out } from '../../terminal/screen.ts';
import type { HostProgram } from '../host-program.ts';

/**
 * `spendwise sandbox audit verify [FILE|RUN…]`: checks logs, by default of all runs and of removals. Throws Failed if
 * anything was changed.
 */
export function auditVerify(names: readonly string[], flags: { json: boolean }, program: HostProgram): void {
  const state = stateDir(program.environment());
  assertOwnRuns(state);
  const files = names.length === 0 ? runLogs(state) : names.map((name) => findLog(state, name));
  const logs = [...new Set(files)].flatMap((file) => {
    const verdict = walkLog(file);
    // A log may be removed meanwhile to make room, but a named one must exist.
    if (verdict === undefined && names.length > 0) {
      throw new Failed(`there is no audit log ${file}`, `\`${program.command} audit show\` lists the runs`);
    }
    return verdict ? [{ file, ...verdict }] : [];
  });
  const removed = names.length === 0 ? readRemovals(state) : undefined;
  const checked =
    (removed?.last ?? removed?.problem) ? [...logs, { file: removalsFile(state), ...removed }] : logs;
  const broken = checked.filter(({ problem }) => problem !== undefined);
  const lines = logs.reduce((sum, log) => sum + log.lines, 0);
  if (flags.json) out.line(jsonLine({ ok: broken.length === 0, lines, logs, removed }));
  else
    for (const { file, problem } of broken)
      if (problem) out.line(shown(`${file}: ${describeProblem(file, problem)}`, 2_000));
  if (broken.length > 0) {
    throw new Failed(
      `${broken.length} of ${checked.length} audit logs were changed or are incomplete`,
      'keep a copy of the folder, and find out who can write there',
    );
  }
  if (flags.json) return;
  out.line(ours`verified: ${counted(lines, 'line')} in ${counted(logs.length, 'log')}`);
  if (removed !== undefined && removed.count > 0) out.line(describeRemoved(removed));
}

const describeRemoved = ({ count, last }: Removed): Shown => {
  const runs = count === 1 ? ours`run was` : ours`runs were`;
  return ours`${count} older ${runs} removed to make room, the last on ${shown(String(last))}`;
};
