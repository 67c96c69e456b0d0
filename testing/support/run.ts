import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './folder.ts';

export const REPO = fileURLToPath(new URL('../..', import.meta.url));

/** What still runs then hangs: a slow machine is not that slow. Under a test's own time-out, which says less. */
const HANGS_MS = 90_000;

/** What agent/run.js does for the programs of this clone, for code that a test starts without it. */
export const SOURCES = '--conditions=spendwise-source';

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** On top of a bare environment: PATH and HOME, nothing else of the tester's own. */
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly input?: string;
  /** stdin does not end before the program does. */
  readonly keepInputOpen?: boolean;
  /** Called once it runs; may signal it later. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void, pid: number | undefined) => void;
  /** Called with all of stderr so far, each time there is more. */
  readonly onStderr?: (stderr: string) => void;
  readonly timeoutMs?: number;
}

export const bareEnvironment = (env: Record<string, string> = {}) => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LANG: 'C.UTF-8',
  ...env,
});

/** Runs a file of ours under this Node, without a terminal. A run that hangs is killed and shows as SIGKILL. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runProgram(process.execPath, [`${REPO}${file}`, ...args], options);
}

export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(program, args, {
    cwd: options.cwd ?? REPO,
    env: bareEnvironment(options.env),
    stdio: 'pipe',
    timeout: options.timeoutMs ?? HANGS_MS,
    killSignal: 'SIGKILL',
    // A session of its own: without the tester's terminal, which it would ask on.
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    options.onStderr?.(stderr);
  });
  options.onStart?.((signal) => child.kill(signal), child.pid);
  child.stdin.on('error', () => {});
  if (options.keepInputOpen) child.on('exit', () => child.stdin.destroy());
  else child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

export const spendwise = (args: readonly string[], options?: RunOptions) =>
  run('agent/spendwise.js', args, options);
/** Its page goes to the state folder of the person: not to the tester's own. */
export const demo = (args: readonly string[], options?: RunOptions) =>
  run('agent/run.js', [`${REPO}testing/demo/main.ts`, ...args], {
    ...options,
    env: { SPENDWISE_STATE_DIR: temporaryFolder(), ...options?.env },
  });
