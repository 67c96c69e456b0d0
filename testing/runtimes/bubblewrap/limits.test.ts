import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { identityIfThere } from '../../../agent/sandbox/foundation/paths.ts';
import type { RuntimePermission } from '../../../agent/sandbox/manifest/permissions.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { bubblewrapAvailable, testBubblewrap, testWithBubblewrap } from '../../support/bubblewrap.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startPod } from '../../support/pod.ts';
import { PYTHON, pythonAvailable } from '../../support/python.ts';

/** As if a manifest had come through with a place that it must not have. */
function withGrant(grant: RuntimePermission): Runtime {
  const runtime = testBubblewrap();
  return {
    ...runtime,
    start: (plan, onEgress) => {
      Object.assign(plan.manifest, { identityOf: identityIfThere });
      return runtime.start({ ...plan, granted: [...plan.granted, grant] }, onEgress);
    },
  };
}

testWithBubblewrap('limits hold, whatever replaces the program that sets them', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const instead = join(folder, 'instead');
  writeFileSync(instead, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n', {
    mode: 0o755,
  });
  const runtime = withGrant({
    ...{ type: 'fs', path: instead, containerPath: '/usr/bin/prlimit' },
    ...{ read: true, write: false },
  });
  const { server, sh } = await startPod({ folder, runtime: () => runtime });
  onTestFinished(() => server.stop());
  expect((await sh('head -c 9 /usr/bin/prlimit; ulimit -n; ulimit -c; ulimit -f; ulimit -d')).output).toMatch(
    /^#!\/bin\/sh1024\n0\n\d+\n\d+\n$/,
  );
});

const take = (megabytes: number) => `const kept = [];
  for (let taken = 0; taken < ${megabytes}; taken += 50) {
    kept.push(Buffer.alloc(50 << 20, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log('has it');`;

testWithBubblewrap.each([
  ['one process', 1],
  ['several processes, none of which has it all', 4],
])('ends a pod that takes more than 1 GB of memory, in %s', async (_who, processes) => {
  const { server, node } = await startPod({ folder: temporaryFolder(), runtime: testBubblewrap });
  onTestFinished(() => server.stop());
  expect(await node(take(200))).toBe('has it');
  const code = `${take(2_000 / processes)}; await new Promise((resolve) => setTimeout(resolve, 60_000));`;
  const taking = Array.from({ length: processes }, () => node(code));
  expect(await server.exited).toBe('exit code 137');
  expect(new Set(await Promise.all(taking))).not.toEqual(new Set(['has it']));
});

test.skipIf(!bubblewrapAvailable || !pythonAvailable)('counts memory shared by processes once', async () => {
  const { server, sh } = await startPod({ folder: temporaryFolder(), runtime: testBubblewrap });
  onTestFinished(() => server.stop());
  // Eight processes.
  const forks = `import os, time
held = bytearray(b'x') * (300 << 20)
children = [os.fork() for _ in range(3)]
time.sleep(1.5)
if all(children): print('lived')`;
  expect((await sh(`${PYTHON} -c "${forks}"`)).output).toBe('lived\n');
});
