import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { identityIfThere } from '../../../agent/sandbox/foundation/paths.ts';
import type { RuntimePermission } from '../../../agent/sandbox/manifest/permissions.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { testBubblewrap, testWithBubblewrap } from '../../support/bubblewrap.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startPod } from '../../support/pod.ts';

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

testWithBubblewrap('limits hold whatever stands in the place of the program that sets them', async () => {
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
