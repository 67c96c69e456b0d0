import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, test } from 'vitest';
import { prepareImages } from '../../agent/images/images.ts';
import { makeOfflineBase, OFFLINE_BASE } from '../../agent/sandbox/images/offline-base.ts';
import type { ContainerImages } from '../../agent/sandbox/runtimes/docker/docker.ts';

/** As `podman-docker` does it. The limit: a root without CAP_SYS_RESOURCE cannot have Podman's own default. */
const SHIM = `#!/bin/sh
if [ "$1" = run ]; then shift; exec podman run --ulimit nproc=4096:4096 "$@"; fi
exec podman "$@"
`;

const installed = (process.env.PATH ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'podman')));

/** From now on, in this process, `docker` is Podman. Undefined, with the reason on stderr, where none can be used. */
async function becomePodman(): Promise<ContainerImages | undefined> {
  const { PATH } = process.env;
  try {
    if (!installed) throw new Error('podman is not installed');
    const folder = mkdtempSync(join(tmpdir(), 'spendwise-podman-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'docker'), SHIM, { mode: 0o755 });
    process.env.PATH = `${folder}${delimiter}${PATH}`;
    await makeOfflineBase();
    const images = await prepareImages({ ...process.env, SPENDWISE_NODE_IMAGE: OFFLINE_BASE }, () => {});
    const trial = ['run', '--rm', '--network', 'none', '--ulimit', 'nofile=1024:1024', images.node, 'true'];
    execFileSync('docker', trial, { stdio: ['ignore', 'ignore', 'pipe'] });
    return images;
  } catch (error) {
    process.env.PATH = PATH;
    const why = String(error instanceof Error ? error.message : error)
      .split('\n')
      .slice(0, 2)
      .join(' ');
    process.stderr.write(`SKIPPED: no Podman to try here (${why}): its tests\n`);
    return undefined;
  }
}

const images = await becomePodman();

/** A test on a real Podman: skipped, loudly, where there is none. Nothing requires it. */
export const testWithPodman = test.skipIf(images === undefined);

export function podmanImages(): ContainerImages {
  if (images === undefined) throw new Error('no Podman here');
  return images;
}
