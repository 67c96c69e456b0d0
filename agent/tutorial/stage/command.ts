import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Stage } from './stage.ts';

export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** For its stdin, which then ends. */
  readonly input?: string;
  /** Gets what kills it, as `kill -9` does. */
  readonly onStart?: (kill: () => void) => void;
}

const SPENDWISE = join(import.meta.dirname, '../../spendwise.js');

/** Runs `spendwise` of the sources that this file is among, as the household on the stage, in its folder. */
export async function spendwise(
  stage: Stage,
  args: readonly string[],
  { input = '', onStart = () => {} }: CommandOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [SPENDWISE, ...args], {
    cwd: stage.folder,
    env: { PATH: process.env.PATH ?? '', HOME: stage.folder, ...stage.env },
    stdio: 'pipe',
    // A session of its own: without the reader's terminal, which it would ask on.
    detached: true,
  });
  onStart(() => child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, signal, stdout, stderr };
}
