import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import { FSAccess, Permission, type RuntimePermission } from '../../../agent/sandbox/manifest/permissions.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import type { ContainerEngine } from '../../../agent/sandbox/runtimes/docker/container.ts';
import { dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { dockerClient } from '../../../agent/sandbox/runtimes/docker/docker-command.ts';
import { findEngine } from '../../../agent/sandbox/runtimes/docker/engine.ts';
import { volumesBeside } from '../../../agent/sandbox/runtimes/docker/images.ts';
import { isLeft, ownLabels, reap } from '../../../agent/sandbox/runtimes/docker/reaper.ts';
import { docker, testImages, testWithDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** An image of somebody else's, made offline: the base, with what a Dockerfile could add. Runs until its stdin ends. */
function imageWith(...changes: string[]): string {
  const container = docker('create', testImages().node, 'true').trim();
  const all = ['ENTRYPOINT ["node", "-e", "process.stdin.resume()"]', ...changes];
  const id = docker('commit', ...all.flatMap((change) => ['--change', change]), container).trim();
  docker('rm', container);
  onTestFinished(() => void docker('rmi', '-f', id));
  return id;
}

function planFor(image: string, ...runtimePermissions: RuntimePermission[]) {
  const manifest = new MCPManifest({
    ...{ name: 'image', registry: 'oci', packageName: 'image', image },
    ...{ permissions: Object.values(Permission), runtimePermissions },
  });
  return launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, {});
}

async function start(image: string, ...permissions: RuntimePermission[]) {
  const server = await dockerRuntime({ images: testImages() }).start(
    planFor(image, ...permissions),
    () => {},
  );
  onTestFinished(() => server.stop());
  const sh = async (command: string) => (await server.exec?.(['sh', '-c', command]))?.output ?? '';
  return { server, sh, name: server.containers?.[1] ?? '' };
}

testWithDocker("an image's volume is a small folder in memory, from which nothing can run", async () => {
  const { sh, name } = await start(imageWith('VOLUME /data', 'VOLUME ["/var/lib/state", "/data/deep"]'));
  for (const folder of ['/data', '/var/lib/state', '/data/deep']) {
    expect(await sh(`echo ok >${folder}/x; cat ${folder}/x`)).toBe('ok\n');
    expect(await sh(`cp /bin/true ${folder}/true; chmod +x ${folder}/true; ${folder}/true`)).toMatch(
      /denied/,
    );
    expect(await sh(`head -c 100000000 /dev/zero >${folder}/x || wc -c <${folder}/x`)).toMatch(
      /\b6[0-7]\d{6}\n$/,
    );
  }
  const [{ Mounts }] = JSON.parse(docker('inspect', name));
  expect(Mounts.map(({ Type }: { Type: string }) => Type)).not.toContain('volume');
});

testWithDocker('a grant can replace a volume, or be inside one', async () => {
  const shared = join(temporaryFolder(), 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  writeFileSync(join(shared, 'in.txt'), 'granted');
  const image = imageWith('VOLUME /data', 'VOLUME /other');
  const grant = (containerPath: string) => ({
    ...new FSAccess(shared, { read: true, write: false }),
    containerPath,
  });
  const { sh } = await start(image, grant('/data'), grant('/other/in'));
  expect(await sh('cat /data/in.txt /other/in/in.txt')).toBe('grantedgranted');
  // One stream: two come in no order of their own.
  expect(await sh('exec 2>&1; echo x >/data/new; echo y >/other/new; cat /other/new')).toMatch(
    /Read-only[\s\S]*y\n$/,
  );
});

test('refuses a volume inside a granted folder, because it would be written there', () => {
  const grant = { ...new FSAccess('/srv/a', { read: true, write: true }), containerPath: '/data' };
  expect(() => volumesBeside('x', ['/data/cache'], [grant])).toThrow(
    /a volume at \/data\/cache, inside the granted path \/data/,
  );
});

testWithDocker('volumes that cannot be limited are an error before anything starts', async () => {
  const odd = imageWith('VOLUME ["/a:exec"]');
  await expect(dockerRuntime({ images: testImages() }).start(planFor(odd), () => {})).rejects.toThrow(
    /a volume at "\/a:exec", which cannot be limited/,
  );
  const many = imageWith(`VOLUME ${JSON.stringify(Array.from({ length: 17 }, (_, n) => `/v${n}`))}`);
  await expect(dockerRuntime({ images: testImages() }).start(planFor(many), () => {})).rejects.toThrow(
    /17 volumes/,
  );
});

testWithDocker("does not run an image's health check, and ignores its user", async () => {
  const image = imageWith('HEALTHCHECK --interval=1s CMD touch /tmp/checked', 'USER root');
  const { sh, name } = await start(image);
  const [{ State, Config }] = JSON.parse(docker('inspect', name));
  expect([State.Health, Config.Healthcheck.Test]).toEqual([undefined, ['NONE']]);
  expect(await sh('id -u')).not.toBe('0\n');
});

const gone = (pid: number) => `spendwise.host=${hostname()}/${pid}/1`;

testWithDocker(
  "an image's labels cannot cause the removal of a running server or another container",
  async () => {
    const image = imageWith(`LABEL a="x,${gone(999999999)}"`, `LABEL ${gone(999999998)}`);
    const { name } = await start(image);
    docker('create', '--name', 'somebody-elses', image);
    onTestFinished(() => void docker('rm', '-f', 'somebody-elses'));
    await reap();
    expect(docker('ps', '-a', '--format', '{{.Names}}').split('\n')).toEqual(
      expect.arrayContaining([name, 'somebody-elses']),
    );
  },
);

test.each(['a=1,spendwise.host=OWNER,z=2', 'map[a:1 spendwise.host:OWNER z:2]'])(
  'a container counts as left behind when all its possible owners are gone: %s',
  (labels) => {
    const row = (owner: string, more = '') =>
      `0a1b spendwise-0a1b-workload ${labels.replace('OWNER', owner)}${more}`;
    const dead = `${hostname()}/999999999/1`;
    const alive = ownLabels()['spendwise.host'] ?? '';
    expect(isLeft(row(dead))).toBe(true);
    expect(isLeft(row(alive))).toBe(false);
    expect(isLeft(row(alive, `,x=,spendwise.host=${dead}`))).toBe(false);
    expect(isLeft(row(dead).replace(' spendwise-', ' other-'))).toBe(false);
  },
);

/** Each way to ask the engine; an image may have no shell that compares. */
testWithDocker.each([
  ['its API', () => findEngine({})],
  ['its client', async () => dockerClient],
] as const)('%s: an image is ended when a granted path was swapped while it started', async (_, find) => {
  const folder = temporaryFolder();
  const [sub, outside] = [join(folder, 'sub'), join(folder, 'outside')];
  for (const path of [sub, outside]) mkdirSync(path);
  for (const path of [folder, sub, outside]) chmodSync(path, 0o755);
  const engine = await find();
  const swapping: ContainerEngine = {
    ...engine,
    run: async (container, stages) => {
      if (!container.name.endsWith('-workload')) return engine.run(container, stages);
      await stages?.mayStart;
      renameSync(sub, `${sub}.kept`);
      symlinkSync(outside, sub);
      return engine.run(container);
    },
  };
  const plan = planFor(imageWith(), new FSAccess(sub, { read: true, write: false }));
  const runtime = dockerRuntime({ images: testImages(), engine: swapping });
  await expect(runtime.start(plan, () => {})).rejects.toThrow(/sub is not what was granted/);
});
