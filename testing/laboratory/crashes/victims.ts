import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from '../../support/processes.ts';

/** Who can be killed. Under the process runtime there is no gateway. */
export type Victim = 'host' | 'server' | 'gateway';
export type RuntimeName = 'process' | 'bubblewrap' | 'docker';

export const victimsOf = (runtime: RuntimeName): readonly Victim[] =>
  runtime === 'process' ? ['host', 'server'] : ['host', 'server', 'gateway'];

const COMMANDS = {
  server: /^(\S*\/)?node (server\.mjs|\/app\/server\.mjs|bin\/mcp-server-sms\.js)/,
  gateway: /^(\S*\/)?node \S*relay\.mjs/,
};

/** The process of a run's host, SMS server or gateway, as this machine numbers it; undefined: there is none (yet). */
export async function findVictim(
  victim: Victim,
  host: number,
  runtime: RuntimeName,
): Promise<number | undefined> {
  if (victim === 'host') return isAlive(host) ? host : undefined;
  const roots = runtime === 'docker' ? await containersOf(host) : [host];
  const found = roots
    .flatMap((root) => [root, ...descendants(root)])
    .find((pid) => COMMANDS[victim].test(commandOf(pid)));
  return found !== undefined && isAlive(found) ? found : undefined;
}

/** As no process can prevent. False: it was gone already. */
export function killNow(pid: number, signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): boolean {
  if (!isAlive(pid)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once a process is dead. */
export async function gone(pid: number | undefined): Promise<void> {
  while (pid !== undefined && isAlive(pid)) await sleep(5);
}

/** First processes of the containers that a host started. */
async function containersOf(host: number): Promise<number[]> {
  const labels = await docker('ps', '--format', '{{.ID}} {{.Label "spendwise.host"}}');
  const ids = labels
    .split('\n')
    .filter((row) => row.includes(`/${host}/`))
    .map((row) => row.split(' ')[0] as string);
  if (ids.length === 0) return [];
  const pids = await docker('inspect', '--format', '{{.State.Pid}}', ...ids);
  return pids.split('\n').map(Number).filter(Boolean);
}

/** What a container that has just gone cannot tell is no error: then there is nobody. */
const docker = async (...args: string[]): Promise<string> => {
  const ran = promisify(execFile)('docker', args).catch((error) => error as { stdout?: string });
  return (await ran).stdout ?? '';
};

function descendants(of: number): number[] {
  return childrenOf(of).flatMap((pid) => [pid, ...descendants(pid)]);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
