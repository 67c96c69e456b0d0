import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Outcome } from '../attack.ts';

/** A line of `play.ts`. */
export type Played = { readonly name: string } & (
  | { readonly attempt: string }
  | { readonly notice: string }
  | { readonly say: string }
  | { readonly outcome: Outcome }
  | { readonly failed: { readonly message: string; readonly hint: string } }
);

export interface Performance {
  /** The sources that are attacked: a clone or a copy. */
  readonly sources: string;
  /** For attacks that need a sandbox: `docker`, `bubblewrap`, or `auto`. */
  readonly sandbox: string;
  /** Numbers of lessons, or `main` for the main job. */
  readonly names: readonly string[];
}

/** All that a lesson gets of the reader's environment: no keys, no settings of SpendWise. */
const PASSED_ON = ['PATH', 'LANG', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'SPENDWISE_NODE_IMAGE'];

/** The environment of a process with a home folder of its own, in which all is that it makes. */
export function passedOn(home: string): Record<string, string> {
  const temporary = join(home, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    // Which engine is used may be written there.
    DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'),
    ...Object.fromEntries(passed),
    HOME: home,
    TMPDIR: temporary,
    SPENDWISE_STATE_DIR: join(home, 'state'),
  };
}

/** Plays attacks in a process and a home folder of their own, where no `.env` is. */
export async function* perform({ sources, sandbox, names }: Performance): AsyncGenerator<Played> {
  const home = mkdtempSync(join(tmpdir(), 'spendwise-lesson-home-'));
  const forget = removedAtExit(home);
  const child = spawn(
    process.execPath,
    [join(sources, 'agent/run.js'), join(sources, 'agent/tutorial/stage/play.ts'), sandbox, ...names],
    {
      cwd: home,
      env: passedOn(home),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const gone = once(child, 'exit');
  // First: while it runs, it writes into the folders that are removed then.
  const kill = () => child.kill('SIGKILL');
  process.prependOnceListener('exit', kill);
  try {
    for await (const line of createInterface({ input: child.stdout })) yield played(line);
    await gone;
  } finally {
    process.off('exit', kill);
    child.kill();
    await gone;
    forget();
  }
}

/** What a reader's repair prints for itself is shown. */
function played(line: string): Played {
  try {
    return JSON.parse(line);
  } catch {
    return { name: '', notice: line };
  }
}

/** Removes a folder when the returned function is called, or at the end of this process. */
export function removedAtExit(folder: string): () => void {
  // Whoever is being ended may write a last file meanwhile.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}
