import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { test } from 'vitest';
import type { ContainerImages } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { dockerRequired } from './docker-required.ts';
import { prepared } from './images.ts';
import { isAlive } from './processes.ts';

export { dockerRequired };

export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function noImages(why: Error): undefined {
  const line = why.message.split('\n')[0];
  if (dockerRequired)
    throw new Error(`SPENDWISE_REQUIRE_DOCKER=1, but there are no containers: ${line}`, { cause: why });
  process.stderr.write(`SKIPPED: no containers here (${line}): their tests\n`);
}

const images = prepared instanceof Error ? noImages(prepared) : prepared;
export const dockerAvailable = images !== undefined;

/** A test on the real runtime: skipped, loudly, where there is none. */
export const testWithDocker = test.skipIf(!dockerAvailable);

export function testImages(): ContainerImages {
  if (images === undefined) throw new Error('no containers here');
  return images;
}

/** What the host can see of a container's processes: with root, on Linux, beside the engine. */
export const seesContainers = process.platform === 'linux' && process.getuid?.() === 0;

/** Containers of runs on this machine, but for those of living hosts that this test did not start. */
export const ourContainers = (): string[] =>
  // Podman 4 knows no `.Label`. An image brings labels of its own, which may look like ours.
  docker('ps', '-a', '--filter', 'label=spendwise.host', '--format', '{{.Names}} {{.Labels}}')
    .split('\n')
    .filter(
      (row) => row !== '' && ![...row.matchAll(HOST)].some(([, host, pid]) => isOther(host, Number(pid))),
    )
    .map((row) => row.split(' ')[0] as string);

const HOST = /[ ,[]spendwise\.host[=:]([^ ,\]/]+)\/(\d+)\//g;
const isOther = (host: string | undefined, pid: number): boolean =>
  host === hostname() && isAlive(pid) && !isOfThisProcess(pid);

/** Whether this process started it, however far down; without /proc nobody can tell, and it is taken for ours. */
function isOfThisProcess(pid: number): boolean {
  if (process.platform !== 'linux' || pid === process.pid) return true;
  try {
    const parent = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return parent > 1 && isOfThisProcess(parent);
  } catch {
    // It ended meanwhile: nobody's, as those of hosts that are gone.
    return true;
  }
}
