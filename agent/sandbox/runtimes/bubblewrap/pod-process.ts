import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { keptOutput } from '../kept-output.ts';

/** The environment for the programs that create a pod. */
export const makersEnvironment = () => ({ PATH: process.env.PATH });

/** A pod as one child process: when it ends, everything in the pod ends. */
export interface PodProcess {
  /** To the relay. */
  readonly wire: { readonly stdin: Writable; readonly stdout: Readable };
  readonly server: { readonly stdin: Writable; readonly stdout: Readable; readonly stderr: Readable };
  /** What the workload is to trust, in PEM: the pod is made once this has ended. */
  readonly authorities: Writable;
  /** The last output of bwrap and the relay. */
  readonly said: string;
  /** Resolves, in words such as "exit code 4". Never rejects. */
  readonly gone: Promise<string>;
  /** The id of the pod's first process, by which its namespaces are found. */
  first(): number;
  kill(): void;
}

/** Detached: a signal to our process group must not reach it before we have ended it. */
export function spawnPod(command: readonly string[]): PodProcess {
  const [program, ...words] = command;
  const child = spawn(program as string, words, {
    env: makersEnvironment(),
    stdio: Array(7).fill('pipe'),
    detached: true,
  });
  const [, , , stdin, stdout, stderr, authorities] = child.stdio as unknown as [
    ...[null, null, null],
    Writable,
    ...[Readable, Readable],
    Writable,
  ];
  // `gone` reports the end; a failed write does not.
  for (const stream of [child.stdin, stdin, stdout, stderr, authorities]) stream.on('error', () => {});
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-2000);
  });
  const gone = new Promise<string>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => resolve(`not started: ${error.code}`));
    child.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  return {
    wire: child,
    server: { stdin, stdout: keptOutput(stdout), stderr: keptOutput(stderr) },
    authorities,
    get said() {
      return said;
    },
    gone,
    first: () => firstChild(child.pid),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Not by bwrap's --info-fd: where the host dies first, writing to it ends bwrap, and its child waits for ever. */
const firstChild = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
