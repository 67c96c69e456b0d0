import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Attack } from './attack.ts';

export const TUTORIAL = import.meta.dirname;

export interface Lesson {
  readonly number: number;
  /** The name of its folder in agent/tutorial/. */
  readonly folder: string;
  readonly title: string;
  /** Takes the guard out of a copy of the sources. Undefined for a lesson that breaks nothing. */
  readonly patch: string | undefined;
}

/** All lessons, in order: the folders NN-name. The title is the first heading of the README. */
export const lessons = (): Lesson[] =>
  readdirSync(TUTORIAL)
    .filter((name) => /^\d\d-/.test(name))
    .sort()
    .map((folder) => {
      const heading = /^# (?:\d+\. )?(.*)$/m.exec(readFileSync(join(TUTORIAL, folder, 'README.md'), 'utf8'));
      const patch = join(TUTORIAL, folder, 'break.patch');
      return {
        number: Number(folder.slice(0, 2)),
        folder,
        title: heading?.[1] ?? folder,
        patch: existsSync(patch) ? patch : undefined,
      };
    });

export const attackOf = async ({ folder }: Lesson): Promise<Attack> =>
  (await import(pathToFileURL(join(TUTORIAL, folder, 'attack.ts')).href)).attack;
