import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { WorkloadStart } from '../../gateway/workload.ts';
import type { WorkloadUser } from '../workload-user.ts';
import { makersEnvironment, type PodProcess } from './pod-process.ts';
import { asUser } from './staging.ts';

/** Runs a command beside the server, with the same rights, to its end. */
export async function execIn(
  pod: PodProcess,
  user: WorkloadUser,
  start: WorkloadStart,
): Promise<{ code: number | null; output: string }> {
  const child = spawnIn(pod, user, start);
  child.stdin.on('error', () => {}).end();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

/**
 * Starts a command in the pod's namespaces, in a sandbox within that is made just as the server's. The one difference:
 * its process namespace is its own.
 */
export function spawnIn(
  pod: PodProcess,
  user: WorkloadUser,
  { command, pipes }: WorkloadStart,
): ChildProcessWithoutNullStreams {
  const [program, ...words] = [
    ...asUser(user),
    ...['nsenter', '--target', String(pod.first()), '--preserve-credentials'],
    ...['--user', '--net', '--mount', '--pid', '--ipc', '--uts', '--'],
    ...['setpriv', '--ambient-caps=-all', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
    ...command,
  ];
  const child = spawn(program as string, words, {
    env: makersEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe', ...pipes.map(() => 'pipe' as const)],
    detached: true,
  }) as ChildProcessWithoutNullStreams;
  pipes.forEach((content, index) => {
    const pipe = child.stdio[3 + index] as Writable;
    pipe.on('error', () => {}).end(Buffer.from(content, 'base64'));
  });
  return child;
}
