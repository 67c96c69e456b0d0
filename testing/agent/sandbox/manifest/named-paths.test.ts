import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realPath } from '../../../../agent/sandbox/foundation/paths.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { assertNothingOurs } from '../../../../agent/sandbox/manifest/named-paths.ts';
import { temporaryFolder } from '../../../support/folder.ts';

/** `granted`, and beside it links that lead into it. */
function linked() {
  const folder = realPath(temporaryFolder());
  const granted = join(folder, 'granted');
  mkdirSync(granted);
  symlinkSync('granted', join(folder, 'link'));
  symlinkSync('granted/later', join(folder, 'dangling'));
  symlinkSync('loop', join(folder, 'loop'));
  return { folder, granted };
}

test.each([
  ['link/state', 'granted/state'],
  ['link/a/b/c', 'granted/a/b/c'],
  ['dangling', 'granted/later'],
  ['dangling/state', 'granted/later/state'],
  ['plain/state', 'plain/state'],
  ['loop/state', 'loop/state'],
])('resolves a missing path, %s, to where it would be created: %s', (path, real) => {
  const { folder } = linked();
  expect(realPath(join(folder, path))).toBe(join(folder, real));
});

test.each(['link/state', 'link/a/state', 'dangling', 'dangling/state'])(
  'detects a missing state folder inside a granted path: %s',
  (state) => {
    const { folder, granted } = linked();
    const manifest = new MCPManifest(
      {
        name: 'server',
        registry: 'npm',
        packageName: 'server',
        packageVersion: '1.0.0',
        permissions: ['mcp.ac.filesystem.read'],
        runtimePermissions: [{ type: 'fs', path: granted, read: true, write: false }],
      },
      '/',
    );
    expect(() => assertNothingOurs(manifest, join(folder, state))).toThrow(
      /overlaps the folder of SpendWise's grants/,
    );
    expect(() => assertNothingOurs(manifest, join(folder, 'beside', 'state'))).not.toThrow();
  },
);
