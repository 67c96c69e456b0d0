import { basename } from 'node:path';
import { headFile, partFile } from './files.ts';
import type { Problem } from './verify.ts';

/** What is wrong with a log, in words. The files it names are of the log's folder. */
export function describeProblem(log: string, { kind, line, part }: Problem): string {
  const where = part === 1 ? '' : ` (in ${basename(partFile(log, part))})`;
  switch (kind) {
    case 'changed line':
      return `line ${line} was changed${where}`;
    case 'line removed':
      return `line ${line} was removed, perhaps with others${where}`;
    case 'line inserted':
      return `line ${line} was inserted${where}`;
    case 'reordered':
      return `lines are in another order from line ${line} on${where}`;
    case 'cut off':
      return `cut off after line ${line - 1}${where}`;
    case 'torn last line':
      return `line ${line}, the last one, is incomplete, as after a crash${where}`;
    case 'part missing':
      return `part ${part} is missing, ${basename(partFile(log, part))}, from line ${line} on`;
    case 'rewritten':
      return `rewritten: line ${line} does not match the head, so it or an earlier line was changed${where}`;
    case 'head missing':
      return `${basename(headFile(log))} is missing or unreadable: lines after ${line - 1} may be cut off`;
  }
}
