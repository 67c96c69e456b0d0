import { shown } from '@spendwise/sandbox/shown';
import { findRun } from '../../../runs/files.ts';
import { type RecordedRun, readRun } from '../../../runs/read.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { err } from '../../terminal/screen.ts';

const MAX_NAMED = 10;

/** The run that a person named; what of it cannot be read is said on stderr. Throws a SpendwiseError. */
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
    ...(damaged.length === 0 ? [] : [`left out, for it is damaged: ${lines}`]),
    ...(tooLong ? ['left out: the rest of the file, which is longer than any that is written here'] : []),
  ];
}
