import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DevMCPManifest } from '../../agent/sandbox/manifest/manifest.ts';
import { FSAccess, Permission } from '../../agent/sandbox/manifest/permissions.ts';
import { type LaunchPlan, launchPlan } from '../../agent/sandbox/plan/launch-plan.ts';
import type { RunningServer, Runtime } from '../../agent/sandbox/plan/runtime.ts';
import type { ContainerEngine } from '../../agent/sandbox/runtimes/docker/container.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { findEngine } from '../../agent/sandbox/runtimes/docker/engine.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable, testImages, testWithDocker } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';

const runtimes: [string, boolean, (engine?: ContainerEngine) => Runtime][] = [
  [
    'docker',
    dockerAvailable,
    (engine) => dockerRuntime({ images: testImages(), ...(engine ? { engine } : {}) }),
  ],
  ['bubblewrap', bubblewrapAvailable, () => testBubblewrap()],
];
const available = runtimes.filter(([, has]) => has).map(([name, , make]) => [name, make] as const);
if (available.length === 0) test.skip('granted paths: no runtime here', () => {});

const rooted = process.platform === 'linux' && process.getuid?.() === 0;
if (!rooted) process.stderr.write('SKIPPED: not root: mounts inside of granted folders\n');

const SECRET = 'the-secret-outside';

/** `shared/sub` was granted; `outside` was not. A server that says at once what it reads there. */
function place(write = false) {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const [code, shared, outside] = ['code', 'shared', 'outside'].map((name) => join(folder, name)) as [
    ...[string, string, string],
  ];
  const sub = join(shared, 'sub');
  for (const path of [code, sub, outside]) mkdirSync(path, { recursive: true });
  if (write) chmodSync(sub, 0o777);
  writeFileSync(join(sub, 'data.txt'), 'granted');
  writeFileSync(join(outside, 'data.txt'), SECRET);
  const reading = `try { return fs.readFileSync('${sub}/data.txt', 'utf8'); } catch (e) { return e.code; }`;
  writeFileSync(
    join(code, 'server.mjs'),
    `import fs from 'node:fs'; const read = () => { ${reading} };
    process.stdout.write('read ' + read() + '\\n'); process.stdin.resume();`,
  );
  const manifest = new DevMCPManifest({
    ...{ name: 'reader', registry: 'npm', packageName: 'reader', permissions: Object.values(Permission) },
    ...{ codeMount: code, execCommand: ['node', 'server.mjs'] },
    runtimePermissions: [new FSAccess(sub, { read: true, write })],
  });
  const plan = launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, {});
  const swap = () => {
    renameSync(sub, `${sub}.kept`);
    symlinkSync(outside, sub);
  };
  const swapBack = () => {
    rmSync(sub);
    renameSync(`${sub}.kept`, sub);
  };
  return { plan, sub, shared, outside, swap, swapBack };
}

/** What it read, or why it did not start. */
async function outcomeOf(runtime: Runtime, plan: LaunchPlan): Promise<string> {
  let server: RunningServer;
  try {
    server = await runtime.start(plan, () => {});
  } catch (error) {
    return String(error);
  }
  try {
    let said = '';
    server.stdout.on('data', (chunk) => {
      said += chunk;
    });
    server.stderr.resume();
    await Promise.race([once(server.stdout, 'data'), server.exited]);
    return said || `ended: ${await server.exited}`;
  } finally {
    await server.stop();
  }
}

test.each(available)('%s: a granted path is there, and a missing one is an error', async (_, make) => {
  const { plan, sub } = place();
  expect(await outcomeOf(make(), plan)).toBe('read granted\n');
  rmSync(sub, { recursive: true });
  expect(await outcomeOf(make(), plan)).toMatch(/the granted path .*sub does not exist/);
});

test.each(available)(
  '%s: does not mount a granted path that became a link during the question',
  async (_, make) => {
    const { plan, swap, swapBack, shared, outside } = place();
    swap();
    expect(await outcomeOf(make(), plan)).toMatch(/sub is not what was granted/);
    swapBack();
    // A folder above it, too.
    renameSync(shared, `${shared}.kept`);
    mkdirSync(join(outside, 'sub'));
    symlinkSync(outside, shared);
    expect(await outcomeOf(make(), plan)).toMatch(/sub is not what was granted/);
  },
);

test.each(available)(
  '%s: does not mount a folder that replaced the granted one during the question',
  async (_, make) => {
    const { plan, sub, outside } = place();
    renameSync(sub, `${sub}.kept`);
    renameSync(outside, sub);
    expect(await outcomeOf(make(), plan)).toMatch(/sub is not what was granted/);
  },
);

test('asks again when a granted path became a link between two runs', () => {
  const { sub, swap, outside } = place();
  const asks = () =>
    new DevMCPManifest({
      ...{ name: 'reader', registry: 'npm', packageName: 'reader', permissions: Object.values(Permission) },
      ...{ codeMount: outside, execCommand: ['node', 'x'] },
      runtimePermissions: [{ type: 'fs', path: sub, read: true, write: false }],
    }).runtimePermissions[0];
  expect(asks()).toMatchObject({ path: sub });
  swap();
  expect(asks()).toMatchObject({ path: outside });
});

/** An engine that is slow enough: somebody swaps the path after we looked and before it mounts, and may swap it back. */
async function raced({ swap, swapBack }: ReturnType<typeof place>, back: boolean): Promise<ContainerEngine> {
  const engine = await findEngine({});
  return {
    ...engine,
    run: async (container, stages) => {
      if (!container.name.endsWith('-workload')) return engine.run(container, stages);
      await stages?.mayStart;
      swap();
      const running = await engine.run(container);
      if (back) swapBack();
      return running;
    },
  };
}

testWithDocker.each([
  ['and stays so', false],
  ['and back again', true],
])("a path swapped between our check and the engine's mount, %s, is not read", async (_, back) => {
  const at = place();
  const runtime = dockerRuntime({ images: testImages(), engine: await raced(at, back) });
  expect(await outcomeOf(runtime, at.plan)).toMatch(/sub is not what was granted/);
});

testWithDocker('the server does not start on another folder, even if nothing outside notices', async () => {
  const at = place();
  const engine = await findEngine({});
  let said = '';
  const deaf: ContainerEngine = {
    ...engine,
    run: async (container, stages) => {
      if (!container.name.endsWith('-workload')) return engine.run(container, stages);
      // Straight to the other folder, as if the path had led there for this moment alone.
      const mounts = container.mounts.map((mount) =>
        mount.source === at.sub ? { ...mount, source: at.outside } : mount,
      );
      const running = await engine.run({ ...container, mounts }, stages);
      for (const output of [running.stdout, running.stderr])
        output.on('data', (chunk) => {
          said += chunk;
        });
      return running;
    },
  };
  expect(await outcomeOf(dockerRuntime({ images: testImages(), engine: deaf }), at.plan)).toMatch(
    /^ended: exit code 78/,
  );
  expect(said).toBe('a granted path was replaced while the server started\n');
});

test.skipIf(!rooted || !bubblewrapAvailable)(
  'bubblewrap: a path swapped between our check and the mount ends the pod before the server starts',
  async () => {
    const at = place();
    // The first program of a pod that root starts: it runs after the look, and before anything is mounted.
    const programs = temporaryFolder();
    const first = join(programs, 'unshare');
    const real = execFileSync('sh', ['-c', 'command -v unshare'], { encoding: 'utf8' }).trim();
    const swapping = `mv '${at.sub}' '${at.sub}.kept'; ln -s '${at.outside}' '${at.sub}'`;
    writeFileSync(first, `#!/bin/sh\n${swapping}\nexec ${real} "$@"\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${programs}:${process.env.PATH}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await outcomeOf(testBubblewrap(), at.plan)).toMatch(
      /did not start: a granted path was replaced while the server started/,
    );
  },
);

/** Swaps the path for a link and back, as fast as it can, in a process of its own. */
function swapper({ sub, outside }: ReturnType<typeof place>) {
  const code = `import fs from 'node:fs';
    const [sub, outside] = process.argv.slice(1);
    fs.symlinkSync(outside, sub + '.link');
    process.stdout.write('up');
    for (;;) {
      fs.renameSync(sub, sub + '.kept'); fs.renameSync(sub + '.link', sub);
      fs.renameSync(sub, sub + '.link'); fs.renameSync(sub + '.kept', sub);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, sub, outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return once(child.stdout, 'data');
}

test.each(available.map(([name, make]) => [name, name === 'docker' ? 3 : 12, make] as const))(
  '%s: with a path swapped all the time, %i starts never read what was not granted',
  async (_, starts, make) => {
    const at = place();
    await swapper(at);
    const seen: string[] = [];
    for (let n = 0; n < starts; n += 1) seen.push(await outcomeOf(make(), at.plan));
    expect(seen.join('\n')).not.toContain(SECRET);
    for (const outcome of seen)
      expect(outcome).toMatch(
        /read granted|is not what was granted|the granted path .* (does not exist|cannot be read)|was replaced|did not start|ended: exit code 78/,
      );
  },
  120_000,
);

test
  .skipIf(!rooted)
  .each(available.flatMap(([name, make]) => [[name, false, make] as const, [name, true, make] as const]))(
  '%s: a mount inside of a granted folder (write: %s) is named, and the server does not start',
  async (_, write, make) => {
    const { plan, sub } = place(write);
    const inner = join(sub, 'a mount');
    mkdirSync(inner);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=1777', 'test', inner]);
    onTestFinished(() => void execFileSync('umount', [inner]));
    expect(await outcomeOf(make(), plan)).toContain(`${inner} is a separate mount inside ${sub}`);
    expect(existsSync(join(inner, 'written'))).toBe(false);
  },
);
