import { prepareImages } from '../../agent/images/images.ts';
import { makeOfflineBase, OFFLINE_BASE } from '../../agent/sandbox/images/offline-base.ts';
import type { ContainerImages } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { dockerCommand } from '../../agent/sandbox/runtimes/docker/docker-command.ts';

/** As a program of its own, vitest's global setup has it make them: Vite knows no conditions for a global setup's imports. */
export const prepared: ContainerImages | Error = await prepare().catch((error) =>
  error instanceof Error ? error : new Error(String(error)),
);

/** Images on the offline base, which has the tools that attempts use (busybox, ip). */
async function prepare(): Promise<ContainerImages> {
  const base =
    process.env.SPENDWISE_NODE_IMAGE ??
    ((await dockerCommand(['images', '-q', OFFLINE_BASE])) ? OFFLINE_BASE : await makeOfflineBase());
  return prepareImages({ ...process.env, SPENDWISE_NODE_IMAGE: base }, () => {});
}
