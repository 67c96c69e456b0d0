import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConsentMissing, Failed, NotConfigured } from '../foundation/errors.ts';
import { describePermission } from '../manifest/permissions.ts';
import type { Code, LaunchPlan } from '../plan/launch-plan.ts';
import type { RunningServer, Runtime } from '../plan/runtime.ts';
import { digestOf } from '../program/code-digest.ts';
import { keptOutput } from './kept-output.ts';
import { hostPython } from './python.ts';

const PATH = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
/** How long a server may take to notice the end of stdin, and then SIGTERM. */
const GRACE_MS = 2_000;

/**
 * A child process with a scrubbed environment. NOT a sandbox: it can open any file and any connection that its user
 * can. So it refuses what it could not honour: a refusal of network or files, and credentials that could reach
 * the real world, unless the operator says `unsandboxed`.
 */
export function processRuntime(options: { unsandboxed: boolean }): Runtime {
  return {
    kind: 'process',
    isolated: false,
    platform: { os: process.platform, cpu: process.arch, libc: undefined },
    identify: async ({ code }) => digestOf(code),
    python: () => hostPython(PATH),
    guards: new Set(),
    async start(plan) {
      const { manifest, program } = plan;
      if (program.code === undefined) {
        throw new NotConfigured(
          `${manifest.name}: an image can run only in a container`,
          'use --runtime docker, or give codeMount and execCommand',
        );
      }
      assertHonourable(plan);
      if (!options.unsandboxed) assertNothingLive(plan);
      return run(program.code, plan);
    },
  };
}

function assertHonourable({ manifest, refused }: LaunchPlan): void {
  const unenforceable = refused.find(({ type }) => type !== 'env');
  if (unenforceable === undefined) return;
  throw new ConsentMissing(
    `${manifest.name} is not started: a plain process could ignore your refusal (${describePermission(unenforceable)})`,
    'grant it, or use a runtime that enforces refusals (--runtime docker)',
  );
}

/**
 * Credentials may be held only where every way out ends at a stand-in. A plain process has the network whether its
 * manifest asks for it or not, so a server with variables and no domain counts as live.
 */
function assertNothingLive({ manifest, granted, env, diversions }: LaunchPlan): void {
  const waysOut = granted.filter(
    (p) =>
      p.type === 'host' ||
      (p.type === 'domain' && !diversions.some((o) => o.domain === p.domain && o.port === p.port)),
  );
  const diverted = waysOut.length === 0 && granted.some((p) => p.type === 'domain');
  if (diverted || Object.keys(env).length === 0) return;
  throw new ConsentMissing(
    `${manifest.name} would hold live credentials in a plain process, which is not a sandbox`,
    'use a runtime that isolates (--runtime docker), or accept the risk with --unsandboxed',
  );
}

/** Whatever ends this process must not leave servers behind; what can be done at the very end is a kill. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

async function run(code: Code, plan: LaunchPlan): Promise<RunningServer> {
  const { manifest } = plan;
  const [command, ...args] = code.command;
  const child = spawn(command === 'node' ? process.execPath : command, [...args, ...manifest.runtimeArgs], {
    cwd: code.folder,
    env: {
      PATH,
      ...variables(plan),
    },
    stdio: 'pipe',
    // A process group of its own: Ctrl-C on the terminal is ours to handle, and the group can be ended as a whole.
    detached: true,
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Failed(
      `${manifest.name}: cannot start ${command} (${why})`,
      'check execCommand and codeMount',
      error,
    );
  }
  running.add(child);
  const exited = once(child, 'exit').then(([code, signal]) =>
    signal ? `signal ${signal}` : `exit code ${code}`,
  );
  const { stdin } = child;
  const [stdout, stderr] = [keptOutput(child.stdout), keptOutput(child.stderr)];
  // A server that is gone is reported by `exited`, not by a write that fails.
  stdin.on('error', () => {});
  return { stdin, stdout, stderr, exited, stop: () => stop(child, exited) };
}

/** No broker stands before a plain process: it is told of a diversion itself, once its domain was granted. */
function variables({ env, granted, diversions }: LaunchPlan): Record<string, string> {
  const told = diversions.filter((o) =>
    granted.some((p) => p.type === 'domain' && p.domain === o.domain && p.port === o.port),
  );
  return { ...env, ...Object.fromEntries(told.map((o) => [o.variable, o.target.origin])) };
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  const gone = exited.then(() => true);
  const within = () => Promise.race([gone, delay(GRACE_MS, false, { ref: false })]);
  child.stdin?.end();
  if (!(await within())) {
    signalGroup(child, 'SIGTERM');
    if (!(await within())) {
      signalGroup(child, 'SIGKILL');
      await gone;
    }
  }
  // What the server started and left behind.
  signalGroup(child, 'SIGKILL');
  running.delete(child);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
