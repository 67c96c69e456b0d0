import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Where one fetch works, beside the folder that it is to become, and named after that and a number. To take the next
 * number is to take the turn: a rename, which one of several can do. Nobody works where an ended fetch did, for a program
 * that it started may still write there.
 */
export class Staging {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }

  /** The last that took its turn, if there is one. */
  static last(folder: string): Staging | undefined {
    const last = numbers(folder).at(-1);
    return last === undefined ? undefined : numbered(folder, last);
  }

  /** One that has not taken its turn yet. */
  static create(folder: string): Staging {
    const staging = new Staging(`${folder}.new-${randomBytes(4).toString('hex')}.tmp`);
    for (const path of [staging.place, staging.scratch]) mkdirSync(path, { recursive: true });
    return staging;
  }

  /** This one, as the next after `last`; undefined when another was faster. What was before is removed. */
  takeTurn(folder: string, last: Staging | undefined): Staging | undefined {
    const before = last === undefined ? 0 : Number(/(\d+)\.tmp$/.exec(last.path)?.[1]);
    const next = numbered(folder, before + 1);
    try {
      renameSync(this.path, next.path);
    } catch (error) {
      this.remove();
      if (!existsSync(next.path)) throw error;
      return undefined;
    }
    for (const number of numbers(folder)) if (number <= before) numbered(folder, number).remove();
    return next;
  }

  /** What is to become the folder. */
  get place(): string {
    return join(this.path, 'package');
  }

  /** For what is needed meanwhile. */
  get scratch(): string {
    return join(this.path, 'scratch');
  }

  get log(): string {
    return join(this.path, 'log');
  }

  /** Gives what was fetched its name. */
  keep(folder: string): void {
    readableForAll(this.place);
    try {
      renameSync(this.place, folder);
    } catch (error) {
      // Another fetch has made the same.
      if (!existsSync(folder)) throw error;
    }
  }

  /** Leaves the log. */
  removeFiles(): void {
    for (const path of [this.place, this.scratch]) rmSync(path, { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const numbered = (folder: string, number: number) => new Staging(`${folder}.${number}.tmp`);

/** Of all that took their turn, in order. */
const numbers = (folder: string): number[] =>
  readdirSync(dirname(folder))
    .filter((name) => name.startsWith(`${basename(folder)}.`))
    .flatMap((name) => /^\.(\d{1,9})\.tmp$/.exec(name.slice(basename(folder).length))?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

/** Independent of the umask: the server may run as another user. */
function readableForAll(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, (stat.mode & 0o777) | (stat.isDirectory() || stat.mode & 0o100 ? 0o555 : 0o444));
  if (stat.isDirectory()) for (const name of readdirSync(path)) readableForAll(join(path, name));
}
