import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { programSource } from '../../../../agent/sandbox/program/prepare.ts';
import { processRuntime } from '../../../../agent/sandbox/runtimes/process.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { packed } from '../../../support/registry.ts';

/** A package of a few lines. */
function tiny(json: object) {
  const tarball = packed(
    { name: 'tiny', version: '1.2.3', bin: 'server.js', ...json },
    { 'server.js': '#!/usr/bin/env node\n' },
  );
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  return { tarball, integrity };
}

const manifest = (more: object) =>
  new MCPManifest({
    name: 'tiny',
    registry: 'npm',
    packageName: 'tiny',
    packageVersion: '1.2.3',
    permissions: [],
    ...more,
  });

const runtime = processRuntime({ unsandboxed: false });
const prepare = (m: MCPManifest, stateDir = temporaryFolder(), notices: string[] = []) =>
  programSource(m, runtime, { stateDir, notice: (line) => void notices.push(line) }).prepare();

test('starts a package by its own bin, from a cache, and fetches it once', async () => {
  const { tarball, integrity } = tiny({});
  const state = temporaryFolder();
  const notices: string[] = [];
  const first = await prepare(manifest({ tarball, integrity }), state, notices);
  expect(first.program.code?.command).toEqual(['node', 'node_modules/tiny/server.js']);
  const again = await prepare(manifest({ tarball, integrity }), state, notices);
  expect(again).toEqual(first);
  expect(notices).toEqual([expect.stringMatching(/^fetching tiny 1\.2\.3, with all install scripts off/)]);
  expect(readdirSync(join(state, 'packages'))).toHaveLength(1);
});

test('runs no script of a package, and says that it has one', async () => {
  const touched = join(temporaryFolder(), 'touched');
  const script = `node -e "require('fs').writeFileSync('${touched}', '')"`;
  const scripts = { preinstall: script, install: script, postinstall: script, prepare: script };
  const { tarball, integrity } = tiny({ scripts });
  const { warnings } = await prepare(manifest({ tarball, integrity }));
  expect(existsSync(touched)).toBe(false);
  expect(warnings).toEqual([expect.stringMatching(/^tiny has an install script, which was not run/)]);
});

test("refuses a package other than the manifest's, and leaves nothing behind", async () => {
  const { tarball } = tiny({});
  const state = temporaryFolder();
  const integrity = `sha512-${'A'.repeat(86)}==`;
  await expect(prepare(manifest({ tarball, integrity }), state)).rejects.toThrow(
    /not the package in the manifest/,
  );
  expect(existsSync(join(state, 'packages')) ? readdirSync(join(state, 'packages')) : []).toEqual([]);
});

test('refuses a tarball of another version, and leaves nothing behind', async () => {
  const { tarball, integrity } = tiny({});
  const state = temporaryFolder();
  await expect(prepare(manifest({ tarball, integrity, packageVersion: '1.2.4' }), state)).rejects.toThrow(
    /asked for tiny 1\.2\.4, got 1\.2\.3/,
  );
  expect(readdirSync(join(state, 'packages'))).toEqual([]);
});

test('refuses a package without a program, in plain words', async () => {
  await expect(prepare(manifest(tiny({ bin: undefined })))).rejects.toThrow(/has no program to run/);
});

test('refuses a dependency without integrity', async () => {
  const folder = temporaryFolder();
  const dependency = join(folder, 'dep');
  mkdirSync(dependency);
  writeFileSync(join(dependency, 'package.json'), JSON.stringify({ name: 'dep', version: '1.0.0' }));
  const { tarball, integrity } = tiny({ dependencies: { dep: `file:${dependency}` } });
  await expect(prepare(manifest({ tarball, integrity }))).rejects.toThrow(
    /a dependency is not a version from your registry/,
  );
});

test('refuses a manifest without a program, or with a range, before it fetches anything', async () => {
  await expect(prepare(manifest({ packageVersion: undefined }))).rejects.toThrow(/does not say what to run/);
  expect(() => manifest({ packageVersion: '^1.2.3' })).toThrow(/exact version/);
  expect(() => manifest({ packageName: '--registry=evil' })).toThrow(/name of an npm package/);
  expect(() => manifest({ packageName: '../../evil' })).toThrow(/name of an npm package/);
  expect(() => manifest({ tarball: 'x.tgz' })).toThrow(/integrity: is required/);
  expect(() => manifest({ registry: 'oci', image: 'server:latest' })).toThrow(/by digest/);
  expect(() => manifest({ registry: 'oci' })).toThrow(/by digest/);
});
