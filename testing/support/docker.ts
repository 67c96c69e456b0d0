import { execFileSync } from 'node:child_process';
import { test } from 'vitest';
import { prepareImages } from '../../agent/images/images.ts';
import { makeOfflineBase, OFFLINE_BASE } from '../../agent/images/offline-base.ts';
import type { ContainerImages } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { dockerRequired } from './docker-required.ts';

export { dockerRequired };

export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * Images on the offline base, which has the tools that attempts use (busybox, ip). Why there are none: no engine, or no
 * Linux to make the base of.
 */
async function findImages(): Promise<ContainerImages | undefined> {
  try {
    const base =
      process.env.SPENDWISE_NODE_IMAGE ??
      (docker('images', '-q', OFFLINE_BASE) ? OFFLINE_BASE : await makeOfflineBase());
    return await prepareImages({ ...process.env, SPENDWISE_NODE_IMAGE: base }, () => {});
  } catch (error) {
    const why = String(error instanceof Error ? error.message : error).split('\n')[0];
    if (dockerRequired)
      throw new Error(`SPENDWISE_REQUIRE_DOCKER=1, but there are no containers: ${why}`, { cause: error });
    process.stderr.write(`SKIPPED: no containers here (${why}): their tests\n`);
    return undefined;
  }
}

const images = await findImages();
export const dockerAvailable = images !== undefined;

/** A test on the real runtime: skipped, loudly, where there is none. */
export const testWithDocker = test.skipIf(!dockerAvailable);

export function testImages(): ContainerImages {
  if (images === undefined) throw new Error('no containers here');
  return images;
}

/** What the host can see of a container's processes: with root, on Linux, beside the engine. */
export const seesContainers = process.platform === 'linux' && process.getuid?.() === 0;

export const ourContainers = (): string[] =>
  docker('ps', '-a', '--filter', 'label=spendwise.host', '--format', '{{.Names}}')
    .split('\n')
    .filter(Boolean);
