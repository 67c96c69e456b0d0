import { hostname } from 'node:os';
import { expect, onTestFinished } from 'vitest';
import { prepareImages } from '../../../agent/images/images.ts';
import { OFFLINE_BASE } from '../../../agent/sandbox/images/offline-base.ts';
import { dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { dockerClient } from '../../../agent/sandbox/runtimes/docker/docker-command.ts';
import { describeEngine } from '../../../agent/sandbox/runtimes/docker/engine-traits.ts';
import { reap } from '../../../agent/sandbox/runtimes/docker/reaper.ts';
import { docker, ourContainers } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { type PodOptions, startPod } from '../../support/pod.ts';
// Last: from here on, `docker` is Podman.
import { podmanImages, testWithPodman } from '../../support/podman.ts';

async function pod(options: Omit<PodOptions, 'folder'> = {}) {
  const traits = await describeEngine();
  const runtime = () => dockerRuntime({ images: podmanImages(), traits, engine: dockerClient });
  const started = await startPod({ folder: temporaryFolder(), runtime, ...options });
  onTestFinished(() => started.server.stop());
  return started;
}

testWithPodman(
  'granted names lead to the broker, others nowhere, and the host’s own names are unknown',
  async () => {
    const { node, sh, egress } = await pod({
      permissions: [
        { type: 'domain', domain: 'granted.example', port: 443 },
        { type: 'domain', domain: '*.wild.example', port: 443 },
      ],
    });
    const lookup = (name: string) =>
      node(`import dns from 'node:dns'; dns.lookup('${name}', (e, a) => console.log(e ? e.code : a));`);
    expect(await lookup('granted.example')).toMatch(/^127\.77\./);
    expect(await lookup('a.wild.example')).toMatch(/^127\.77\./);
    expect(await lookup('a.b.wild.example')).toBe('ENOTFOUND');
    expect(await lookup('host.containers.internal')).toBe('ENOTFOUND');
    expect(egress.map(({ host }) => host)).toContain('host.containers.internal');
    expect((await sh('cat /etc/resolv.conf')).output).toBe('nameserver 127.77.255.53\n');
    expect((await sh('cat /etc/hosts')).output).toMatch(
      /^127\.0\.0\.1 localhost\n::1 localhost\n127\.77\.\S+ granted\.example\n$/,
    );
  },
);

testWithPodman('the server has no capability and no place to write but /tmp', async () => {
  const { sh } = await pod();
  expect((await sh('grep CapBnd /proc/self/status')).output).toMatch(/CapBnd:\s+0+\n/);
  expect((await sh('grep Seccomp: /proc/self/status')).output).toMatch(/2\n/);
  for (const folder of ['/run', '/var/tmp', '/app', '/etc']) {
    expect((await sh(`touch ${folder}/x`)).output).toMatch(/Read-only file system|Permission denied/);
  }
  expect((await sh('cp /bin/busybox /tmp/x && chmod +x /tmp/x && /tmp/x true')).output).toMatch(/denied/);
});

testWithPodman('stopping leaves nothing, and what a SIGKILL left is reaped', async () => {
  const { server } = await pod();
  expect(ourContainers()).toEqual(expect.arrayContaining([...(server.containers ?? [])]));
  await server.stop();
  for (const name of server.containers ?? []) expect(ourContainers()).not.toContain(name);
  const label = `spendwise.host=${hostname()}/999999999/1`;
  docker('create', '--name', 'spendwise-test-left', '--label', label, podmanImages().gateway);
  await reap();
  expect(ourContainers()).not.toContain('spendwise-test-left');
});

testWithPodman('finds built images again, and does not rebuild them or treat them as stale', async () => {
  const said: string[] = [];
  const environment = { ...process.env, SPENDWISE_NODE_IMAGE: OFFLINE_BASE };
  expect(await prepareImages(environment, (line) => said.push(line))).toEqual(podmanImages());
  expect(said).toEqual([]);
});
