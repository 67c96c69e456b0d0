import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '@spendwise/sandbox/environment';
import { z } from 'zod';

const Progress = z.object({ solved: z.array(z.number()) });

/** Lessons whose exercise was solved, kept in the state folder. A file that cannot be read counts as none. */
export function solvedLessons(): ReadonlySet<number> {
  try {
    return new Set(Progress.parse(JSON.parse(readFileSync(file(), 'utf8'))).solved);
  } catch {
    return new Set();
  }
}

export function markSolved(lesson: number): void {
  const solved = [...new Set([...solvedLessons(), lesson])].sort((a, b) => a - b);
  mkdirSync(stateDir(process.env), { recursive: true, mode: 0o700 });
  const next = `${file()}.next`;
  writeFileSync(next, `${JSON.stringify({ solved })}\n`);
  renameSync(next, file());
}

const file = () => join(stateDir(process.env), 'lessons.json');
