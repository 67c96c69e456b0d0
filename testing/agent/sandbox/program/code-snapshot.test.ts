import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { obtainConsent } from '../../../../agent/sandbox/consent/consent.ts';
import { GrantStore } from '../../../../agent/sandbox/consent/grants.ts';
import { DevMCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { codeDigest, readCode } from '../../../../agent/sandbox/program/code-digest.ts';
import { codeChanges, inImage, keepParts } from '../../../../agent/sandbox/program/code-parts.ts';
import { snapshot } from '../../../../agent/sandbox/program/code-snapshot.ts';
import { programSource } from '../../../../agent/sandbox/program/prepare.ts';
import { fakeRuntime } from '../../../support/fake-runtime.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { codeIs } from '../../../support/program.ts';

function code(files: Record<string, string> = { 'server.mjs': 'one' }) {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { folder, command: ['node', 'server.mjs'] as const };
}

test('a snapshot keeps what was read, whatever happens to the original', () => {
  const original = code();
  const state = temporaryFolder();
  const taken = snapshot(original, state);
  writeFileSync(join(original.folder, 'server.mjs'), 'two');
  expect(readFileSync(join(taken.folder, 'server.mjs'), 'utf8')).toBe('one');
  expect(codeDigest(taken.folder)).toBe(taken.digest);
  const later = snapshot(original, state);
  expect(later.digest).not.toBe(taken.digest);
  expect(readFileSync(join(later.folder, 'server.mjs'), 'utf8')).toBe('two');
});

test('runs the code that the digest covers, even if it is swapped during the question', async () => {
  const original = code();
  const stateDir = temporaryFolder();
  const manifest = new DevMCPManifest(
    {
      name: 'server',
      registry: 'npm',
      packageName: 'server',
      permissions: ['mcp.ac.system.env.read'],
      codeMount: original.folder,
      execCommand: ['node', 'server.mjs'],
      runtimePermissions: [{ type: 'env', name: 'A' }],
    } as ConstructorParameters<typeof DevMCPManifest>[0],
    join(original.folder, '..'),
  );
  const runtime = { ...fakeRuntime(() => Promise.reject(new Error('not started'))), isolated: true };
  const source = programSource(manifest, runtime, { stateDir, notice: () => {} });
  const ui = {
    consent: async () => {
      writeFileSync(join(original.folder, 'server.mjs'), 'swapped before the answer');
      return 'yes' as const;
    },
    accept: async () => true,
    notice: () => {},
  };
  const store = new GrantStore(stateDir);
  const { prepared } = await obtainConsent(manifest, source, {
    ui,
    grantAll: undefined,
    store,
    howToGrant: '',
  });
  writeFileSync(join(original.folder, 'server.mjs'), 'swapped after the answer');
  const { folder = '' } = prepared.program.code ?? {};
  expect(readFileSync(join(folder, 'server.mjs'), 'utf8')).toBe('swapped before the answer');
  expect(codeDigest(folder)).toBe(store.find(manifest)?.code);
});

test('copies the same code once; other file permissions make another copy', () => {
  const original = code();
  const state = temporaryFolder();
  const first = snapshot(original, state);
  expect(snapshot(original, state).folder).toBe(first.folder);
  chmodSync(join(original.folder, 'server.mjs'), 0o600);
  const second = snapshot(original, state);
  expect(second.digest).toBe(first.digest);
  expect(statSync(join(second.folder, 'server.mjs')).mode & 0o777).toBe(0o600);
  expect(statSync(join(state, 'code')).mode & 0o077).toBe(0);
});

test('does not read or copy .git at any depth', () => {
  const plain = code({ 'lib/a.mjs': 'a' });
  const digest = codeDigest(plain.folder);
  for (const place of ['', 'lib']) {
    mkdirSync(join(plain.folder, place, '.git'));
    writeFileSync(join(plain.folder, place, '.git', 'hook.mjs'), 'x');
  }
  expect(codeDigest(plain.folder)).toBe(digest);
  const taken = snapshot(plain, temporaryFolder());
  expect(existsSync(join(taken.folder, '.git'))).toBe(false);
  expect(readdirSync(join(taken.folder, 'lib'))).toEqual(['a.mjs']);
});

test('copies links as links, and reads nothing behind them', () => {
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, 'the secret');
  const original = code();
  symlinkSync(secret, join(original.folder, 'link'));
  const taken = snapshot(original, temporaryFolder());
  rmSync(secret);
  expect(() => readFileSync(join(taken.folder, 'link'))).toThrow(/ENOENT/);
});

test('refuses a folder of code that became a link after the manifest was read', () => {
  const original = code();
  const other = code({ 'server.mjs': 'other' });
  renameSync(original.folder, `${original.folder}-moved`);
  symlinkSync(other.folder, original.folder);
  expect(() => snapshot(original, temporaryFolder())).toThrow(/became a link/);
});

test('a copy of any tree has the digest of the original', () => {
  const name = fc.stringMatching(/^[a-z]{1,3}$/);
  const tree = fc.dictionary(name, fc.dictionary(name, fc.string({ maxLength: 20 }), { maxKeys: 3 }), {
    maxKeys: 4,
  });
  fc.assert(
    fc.property(tree, (folders) => {
      const files = Object.entries(folders).flatMap(([folder, inner]) =>
        Object.entries(inner).map(([file, text]) => [`${folder}/${file}`, text]),
      );
      const original = code(Object.fromEntries(files));
      const taken = snapshot(original, temporaryFolder());
      expect(taken.digest).toBe(codeDigest(original.folder));
      expect(codeDigest(taken.folder)).toBe(taken.digest);
    }),
    { numRuns: 30 },
  );
});

test('removes a snapshot unused for a month when it makes another', () => {
  const state = temporaryFolder();
  const old = snapshot(code({ 'server.mjs': 'old' }), state);
  const month = new Date(Date.now() - 31 * 86_400_000);
  utimesSync(old.folder, month, month);
  snapshot(code({ 'server.mjs': 'new' }), state);
  expect(existsSync(old.folder)).toBe(false);
});

test('names up to twenty changed files; without a record, shows the hashes', () => {
  const state = temporaryFolder();
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, '']));
  const before = readCode(code({ 'same.mjs': '', 'changed.mjs': 'a', 'gone.mjs': '' }).folder);
  const now = readCode(code({ 'same.mjs': '', 'changed.mjs': 'b', 'new.mjs': '' }).folder);
  const more = readCode(code(many).folder);
  keepParts(state, before.digest, before.parts);
  keepParts(state, now.digest, now.parts);
  keepParts(state, more.digest, more.parts);
  expect(codeChanges(state, before.digest, before.digest)).toEqual([]);
  expect(codeChanges(state, before.digest, now.digest)).toEqual([
    'new in its code: "new.mjs"',
    'changed in its code: "changed.mjs"',
    'removed from its code: "gone.mjs"',
  ]);
  const long = codeChanges(state, before.digest, more.digest);
  expect(long).toHaveLength(21);
  expect(long.at(-1)).toBe('and 13 more in its code');
  const [python, other] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
  expect(codeChanges(state, inImage(before.digest, python), inImage(before.digest, other))).toEqual([
    'the image that its code runs in was sha256:111111111111…, is sha256:222222222222…',
  ]);
  expect(codeChanges(state, before.digest, inImage(now.digest, python)).slice(0, 2)).toEqual([
    'the image that its code runs in was none, is sha256:111111111111…',
    'new in its code: "new.mjs"',
  ]);
  expect(codeChanges(state, 'f'.repeat(64), now.digest)).toEqual([
    expect.stringMatching(/^its code was ffff/),
  ]);
});

test.each(['state', 'state/code', '.'])(
  'refuses code that contains our own records or is inside them: %s',
  async (at) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state', 'code'), { recursive: true });
    const manifest = new DevMCPManifest(
      {
        name: 'server',
        registry: 'npm',
        packageName: 'server',
        permissions: [],
        codeMount: join(folder, at),
        execCommand: ['node', 'server.mjs'],
      } as ConstructorParameters<typeof DevMCPManifest>[0],
      folder,
    );
    const store = new GrantStore(join(folder, 'state'));
    for (const grantAll of [undefined, { because: '--yes', notice: () => {} }]) {
      const options = { ui: undefined, grantAll, store, howToGrant: '' };
      await expect(obtainConsent(manifest, codeIs('x'), options)).rejects.toThrow(
        /overlaps the folder of SpendWise's grants/,
      );
    }
  },
);
