import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NotConfigured } from '../../foundation/errors.ts';
import { lastLine } from '../../foundation/plain-text.ts';
import { anyUser } from '../workload-user.ts';
import { GATEWAY_CAPABILITIES, ISOLATED, seccompFilter, WORKLOAD_NAMESPACES } from './args.ts';
import { makersEnvironment } from './pod-process.ts';
import { Staging } from './staging.ts';
import { systemTree } from './tree.ts';
import { rememberThatItWentWell, trialKey, wentWell } from './tried.ts';

const PROBE_MS = 5_000;

/**
 * The path of a bwrap that works here, with a trial start once for each boot where there is a state folder to remember it in.
 * Throws NotConfigured: what is missing, and how to fix it.
 */
export async function requireBubblewrap(stateDir?: string): Promise<string> {
  const missing = (what: string, hint: string, cause?: unknown) =>
    new NotConfigured(`the bubblewrap runtime is not available: ${what}`, hint, cause);
  if (process.platform !== 'linux') throw missing('it runs on Linux only', 'use --runtime docker');
  if (!existsSync(seccompFilter(process.arch)))
    throw missing(`no seccomp filter for ${process.arch}`, 'use --runtime docker');
  const bwrap = onPath('bwrap');
  if (bwrap === undefined) throw missing('bwrap is not installed', 'apt-get install -y bubblewrap');
  const words = trial(bwrap);
  const key = trialKey(
    bwrap,
    words,
    SWITCHES.map(({ file }) => contentOf(file)),
  );
  if (stateDir !== undefined && wentWell(stateDir, key)) return bwrap;
  const { how, stderr } = await tryOut(words).catch((error) => {
    throw missing(`a trial start did not answer (${error.message})`, 'apt-get install -y util-linux', error);
  });
  if (how !== 0) throw missing(lastLine(stderr) || `a trial start ended with ${how}`, hintFor(stderr));
  if (stateDir !== undefined) rememberThatItWentWell(stateDir, key);
  return bwrap;
}

/** A sandbox in a sandbox, as a pod is, that does nothing: whether this kernel and its settings let us. */
function trial(bwrap: string): string[] {
  const staging = new Staging(anyUser());
  const binary = staging.at(bwrap);
  const inner = ['/bwrap', ...ISOLATED, ...WORKLOAD_NAMESPACES, ...systemTree(), '--proc', '/proc'];
  const drop = ['setpriv', '--ambient-caps=-all', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
  const outer = [
    ...['--unshare-all', ...ISOLATED, ...GATEWAY_CAPABILITIES, ...systemTree()],
    ...['--ro-bind', binary, '/bwrap', '--proc', '/proc', '--dir', '/tmp'],
    ...['--', ...drop, ...inner, '--', '/usr/bin/prlimit', '--core=0:0', 'true'],
  ];
  return [...staging.prefix, bwrap, ...outer];
}

/** `how` it ended: its exit code, or a signal. Rejects when it cannot be started. */
async function tryOut([program, ...words]: readonly string[]): Promise<{
  how: number | string;
  stderr: string;
}> {
  const child = spawn(program as string, words, {
    env: makersEnvironment(),
    timeout: PROBE_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-2000);
  });
  const [code, signal] = await once(child, 'close');
  return { how: code ?? signal, stderr };
}

/** Switches by which systems keep people from namespaces of their own. */
const SWITCHES = [
  {
    file: '/proc/sys/kernel/unprivileged_userns_clone',
    shut: '0',
    fix: 'kernel.unprivileged_userns_clone=1',
  },
  { file: '/proc/sys/user/max_user_namespaces', shut: '0', fix: 'user.max_user_namespaces=10000' },
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    shut: '1',
    fix: 'kernel.apparmor_restrict_unprivileged_userns=0',
  },
];

function hintFor(stderr: string): string {
  if (/unknown option/i.test(stderr)) return 'bubblewrap 0.8 or newer is needed';
  const off = SWITCHES.find(({ file, shut }) => contentOf(file) === shut);
  return off
    ? `user namespaces are off on this machine: sysctl -w ${off.fix}, or use --runtime docker`
    : 'user namespaces may be off on this machine or in this container: use --runtime docker';
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function onPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return realpathSync(path);
    } catch {
      // Not here.
    }
  }
  return undefined;
}
