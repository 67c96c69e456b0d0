import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { FSAccess, Permission } from '../../../../agent/sandbox/manifest/permissions.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import { workloadUser } from '../../../../agent/sandbox/runtimes/workload-user.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const asRoot = test.skipIf(process.getuid?.() !== 0);

function userFor(owner: number, mode: number, write = false) {
  const path = join(temporaryFolder(), 'granted');
  mkdirSync(path);
  chownSync(path, owner, owner);
  mkdirSync(join(path, 'x'), { mode });
  chownSync(join(path, 'x'), owner, owner);
  const granted = [new FSAccess(join(path, 'x'), { read: true, write })];
  const manifest = new MCPManifest({
    name: 'x',
    registry: 'npm',
    packageName: 'x',
    permissions: Object.values(Permission),
    runtimePermissions: granted,
  });
  return workloadUser(launchPlan(manifest, { granted, refused: [] }, {}));
}

asRoot(
  "root's server runs as the owner of what it may use, or as nobody in particular, never as root",
  () => {
    expect(userFor(1234, 0o700)).toMatchObject({ uid: 1234 });
    expect(userFor(0, 0o755)).toMatchObject({ uid: 65532 });
  },
);

asRoot('what could not work, or would make it the gateway, is an error before the start', () => {
  expect(() => userFor(0, 0o700)).toThrow(/user 65532.*cannot read/);
  expect(() => userFor(0, 0o755, true)).toThrow(/cannot write/);
  expect(() => userFor(65533, 0o755)).toThrow(/which is the gateway's/);
});
