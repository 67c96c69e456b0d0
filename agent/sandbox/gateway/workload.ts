import { spawn } from 'node:child_process';
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { watchMemory } from './memory.ts';

/** The payload of a LAUNCH frame. Secrets go through a pipe, never through an argument list or this environment. */
export interface WorkloadStart {
  readonly command: readonly [string, ...string[]];
  /** In base64: the data that the command reads from descriptors 3, 4 and so on. */
  readonly pipes: readonly string[];
}

/** Where the host put the server's stdin, stdout and stderr. */
const STDIO = [3, 4, 5] as const;

/**
 * Starts the server, where the gateway is its parent. When it ends, so does this process, with its code. Returns how to
 * end from now on: with everything in this process namespace, for its PID 1 would wait for what does not want to go.
 */
export function startWorkload(payload: Buffer): (code: number) => void {
  const { command, pipes }: WorkloadStart = JSON.parse(payload.toString('utf8'));
  const [program, ...args] = command;
  const end = (code: number): never => {
    try {
      process.kill(-1, 'SIGKILL');
    } catch {
      // No other process is left.
    }
    process.exit(code);
  };
  closeInherited();
  const child = spawn(program, args, { env: {}, stdio: [...STDIO, ...pipes.map(() => 'pipe' as const)] });
  pipes.forEach((content, index) => {
    const pipe = child.stdio[STDIO.length + index] as Writable;
    pipe.on('error', () => {}).end(Buffer.from(content, 'base64'));
  });
  // As the kernel ends a container that takes too much.
  watchMemory(() => end(137));
  child.on('error', () => end(127));
  child.on('exit', (code) => end(code ?? 1));
  // Only the server may hold these: otherwise their end would not be seen.
  for (const descriptor of STDIO) closeSync(descriptor);
  return end;
}

/** Closes descriptors that the host inherited, for example from a shell. Our own are close-on-exec. */
function closeInherited(): void {
  const CLOEXEC = 0o2000000;
  for (const descriptor of readdirSync('/proc/self/fd').map(Number)) {
    if (descriptor <= STDIO[2]) continue;
    try {
      const flags =
        /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0';
      if ((Number.parseInt(flags, 8) & CLOEXEC) === 0) closeSync(descriptor);
    } catch {
      // The descriptor that was used to read the folder; it is already closed.
    }
  }
}
