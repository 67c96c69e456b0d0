import { err } from '@spendwise/sandbox/screen';
import { shown } from '@spendwise/sandbox/shown';
import { findRun } from '../../../runs/files.ts';
import { type RecordedRun, readRun } from '../../../runs/read.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';

const MAX_NAMED = 10;

/** Reads the run that the user named. Reports on stderr what cannot be read. Throws a SpendwiseError. */
export function openRun(name: string): RecordedRun {
  const state = stateDir(loadEnvironment());
  const run = readRun(state, findRun(state, name));
  for (const problem of problemsOf(run)) err.line(shown(problem));
  return run;
}

function problemsOf({ damaged, tooLong }: RecordedRun): string[] {
  const more = damaged.length > MAX_NAMED ? ` and ${damaged.length - MAX_NAMED} more` : '';
  const lines = `${damaged.length === 1 ? 'line' : 'lines'} ${damaged.slice(0, MAX_NAMED).join(', ')}${more}`;
  return [
    ...(damaged.length === 0 ? [] : [`damaged and left out: ${lines}`]),
    ...(tooLong ? ['left out: the rest of the file, which is over the size limit'] : []),
  ];
}
