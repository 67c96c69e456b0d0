import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Ledger } from '../../../../agent/alerts/ledger/ledger.ts';
import { runIds } from '../../../../agent/runs/files.ts';
import { readRun } from '../../../../agent/runs/read.ts';
import { RunStore } from '../../../../agent/runs/store.ts';
import { AuditLog } from '../../../../agent/sandbox/audit/audit-log.ts';
import { assertOwnRuns } from '../../../../agent/sandbox/audit/files.ts';
import { GrantStore } from '../../../../agent/sandbox/consent/grants.ts';
import {
  openStateFolder,
  readStateFile,
  stateFolderIfThere,
} from '../../../../agent/sandbox/foundation/state-folder.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { snapshot } from '../../../../agent/sandbox/program/code-snapshot.ts';
import { fetchPackage } from '../../../../agent/sandbox/program/packages/fetch.ts';
import { stateDir } from '../../../../agent/settings/environment.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

function folderWithMode(mode: number, name = 'state'): string {
  const folder = join(temporaryFolder(), name);
  mkdirSync(folder);
  chmodSync(folder, mode);
  return folder;
}

const manifest = new MCPManifest(
  { name: 'server', registry: 'npm', packageName: 'server', packageVersion: '1.0.0', permissions: [] },
  '/',
  '/m/sandbox.json',
);

/** Everybody who opens the state folder. */
const OPENERS: [string, (state: string) => unknown][] = [
  ['every command', (state) => stateDir({ SPENDWISE_STATE_DIR: state })],
  ['a grant that is looked for', (state) => new GrantStore(state).find(manifest)],
  ['a grant that is written', (state) => new GrantStore(state).remember(manifest, 'code', [])],
  ['a list of grants', (state) => new GrantStore(state).all()],
  ['the audit log', (state) => AuditLog.ofNewRun(state).close()],
  ['the ledger', (state) => Ledger.open(state).close()],
  ['the ledger, to be read', (state) => Ledger.openIfThere(state)?.close()],
];

test.each(OPENERS)('%s refuses a state folder that other users can write', (_who, open) => {
  for (const mode of [0o777, 0o1777, 0o770, 0o702, 0o720])
    expect(() => open(folderWithMode(mode)), mode.toString(8)).toThrow(/other users can write /);
  for (const mode of [0o700, 0o755, 0o750]) expect(() => open(folderWithMode(mode))).not.toThrow();
});

test.each(OPENERS)('%s does not follow a link in place of the state folder', (_who, open) => {
  const link = join(temporaryFolder(), 'state');
  symlinkSync(folderWithMode(0o700), link);
  expect(() => open(link)).toThrow(/is a symbolic link/);
  const nowhere = join(temporaryFolder(), 'state');
  symlinkSync(join(nowhere, '..', 'gone'), nowhere);
  expect(() => open(nowhere)).toThrow(/is a symbolic link/);
  expect(existsSync(join(nowhere, '..', 'gone'))).toBe(false);
});

test.runIf(isRoot).each(OPENERS)('%s refuses a state folder of another user', (_who, open) => {
  const folder = folderWithMode(0o700);
  chownSync(folder, NOBODY, NOBODY);
  expect(() => open(folder)).toThrow(/belongs to user 65534, but you are user 0/);
});

test.each(OPENERS)('%s refuses a state folder that anybody can replace', (_who, open) => {
  const shared = folderWithMode(0o777, 'shared');
  mkdirSync(join(shared, 'state'), { mode: 0o700 });
  expect(() => open(join(shared, 'state'))).toThrow(/can be replaced by anybody/);
  // As /tmp: nobody removes what is another's.
  chmodSync(shared, 0o1777);
  expect(() => open(join(shared, 'state'))).not.toThrow();
  // The path as written leads through it, and what it leads to does not.
  chmodSync(shared, 0o777);
  symlinkSync(temporaryFolder(), join(shared, 'link'));
  mkdirSync(join(shared, 'link', 'state'), { mode: 0o700 });
  expect(() => open(join(shared, 'link', 'state'))).toThrow(/can be replaced by anybody/);
  // As the home folder of a user with a group of their own.
  chmodSync(shared, 0o775);
  expect(() => open(join(shared, 'state'))).not.toThrow();
});

test.runIf(isRoot)('refuses a folder above it that another user owns or another group can write', () => {
  const shared = folderWithMode(0o775, 'shared');
  const state = join(shared, 'state');
  mkdirSync(state, { mode: 0o700 });
  chownSync(shared, 0, NOBODY);
  expect(() => openStateFolder(state)).toThrow(/can be replaced by group 65534/);
  chmodSync(shared, 0o1775);
  expect(() => openStateFolder(state)).not.toThrow();
  chownSync(shared, NOBODY, 0);
  expect(() => openStateFolder(state)).toThrow(/can be replaced by user 65534/);
});

test('does not record runs where other users can write', () => {
  const notices: string[] = [];
  const folder = folderWithMode(0o700);
  const store = new RunStore({ SPENDWISE_STATE_DIR: folder }, (line) => void notices.push(line));
  chmodSync(folder, 0o777);
  const runtime = { kind: 'process' } as never;
  store.begin('prompt', { model: { kind: 'scripted', name: 'm' } as never, runtime, twilio: 'stand-in' });
  expect(notices.join()).toMatch(/runs are not recorded: other users can write /);
});

test('checks folders inside it too: planted grants do not count', () => {
  const state = folderWithMode(0o700);
  const store = new GrantStore(state);
  store.remember(manifest, 'code', []);
  expect(store.find(manifest)).toBeDefined();
  chmodSync(join(state, 'grants'), 0o777);
  expect(() => store.find(manifest)).toThrow(/other users can write .*grants:/);
});

test.each([
  ['that others may write', (file: string) => chmodSync(file, 0o666), /other users can write /],
  ['that is a folder', (file: string) => replace(file, () => mkdirSync(file)), /is not a file/],
  ['that is a link', (file: string) => replace(file, () => symlinkSync('/dev/zero', file)), /symbolic link/],
])('a grant %s is an error, not a grant', (_what, spoil, message) => {
  const state = folderWithMode(0o700);
  const store = new GrantStore(state);
  store.remember(manifest, 'code', []);
  spoil(grantFile(state));
  expect(() => store.all()).toThrow(message);
  expect(() => store.find(manifest)).toThrow(message);
});

test.runIf(isRoot)('a grant of another user is an error, not a grant', () => {
  const state = folderWithMode(0o700);
  const store = new GrantStore(state);
  store.remember(manifest, 'code', []);
  chownSync(grantFile(state), NOBODY, NOBODY);
  expect(() => store.find(manifest)).toThrow(/belongs to user 65534/);
});

test('does not follow a ledger that is a link', () => {
  const state = folderWithMode(0o700);
  const victim = join(temporaryFolder(), 'victim');
  writeFileSync(victim, '', { mode: 0o644 });
  symlinkSync(victim, join(state, 'ledger.db'));
  for (const open of [() => Ledger.open(state), () => Ledger.openIfThere(state)])
    expect(open).toThrow(/is a symbolic link/);
  expect(statSync(victim)).toMatchObject({ size: 0 });
});

test('creates missing folders for the owner only; reading creates nothing', () => {
  const state = join(temporaryFolder(), 'a', 'state');
  expect(stateFolderIfThere(state, 'grants')).toBeUndefined();
  expect(existsSync(state)).toBe(false);
  expect(openStateFolder(state, 'grants')).toBe(join(state, 'grants'));
  for (const folder of [state, join(state, 'grants')]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readStateFile(join(state, 'grants', 'none'))).toBeUndefined();
});

test.each<[string, (state: string) => unknown]>([
  ['code', (state) => snapshot({ folder: newCode(), command: ['node', 'x'] }, state)],
  ['runs', (state) => runIds(state)],
  ['audit', (state) => assertOwnRuns(state)],
])('does not use %s if other users can write it or it is a link', (name, use) => {
  const state = folderWithMode(0o700);
  mkdirSync(join(state, name));
  for (const mode of [0o777, 0o770, 0o1777]) {
    chmodSync(join(state, name), mode);
    expect(() => use(state), mode.toString(8)).toThrow(/other users can write /);
  }
  rmSync(join(state, name), { recursive: true });
  symlinkSync(temporaryFolder(), join(state, name));
  expect(() => use(state)).toThrow(/is a symbolic link/);
});

test('does not use packages from a folder that other users can write', async () => {
  const state = folderWithMode(0o700);
  mkdirSync(join(state, 'packages'));
  chmodSync(join(state, 'packages'), 0o777);
  const wanted = { name: 'p', version: '1.0.0', integrity: undefined, tarball: undefined };
  const fetched = fetchPackage(
    wanted,
    { os: 'linux', cpu: 'x64', libc: 'glibc' },
    { stateDir: state, notice: () => {} },
  );
  await expect(fetched).rejects.toThrow(/other users can write .*packages:/);
});

test('does not run a planted snapshot of code', () => {
  const state = folderWithMode(0o700);
  const original = { folder: newCode(), command: ['node', 'x'] as const };
  const { folder } = snapshot(original, state);
  writeFileSync(join(folder, 'x'), 'planted');
  expect(() => snapshot(original, state)).toThrow(/does not contain the code that its name says/);
  rmSync(folder, { recursive: true });
  symlinkSync(newCode(), folder);
  expect(() => snapshot(original, state)).toThrow(/does not contain the code/);
});

test("does not follow a ledger's mark that is a link", () => {
  const state = folderWithMode(0o700);
  const victim = join(temporaryFolder(), 'victim');
  symlinkSync(victim, join(state, 'texting-since'));
  expect(() => Ledger.open(state)).toThrow(/is a symbolic link/);
  expect(existsSync(victim)).toBe(false);
});

test('does not read a recorded run that is a link', () => {
  const state = folderWithMode(0o700);
  mkdirSync(join(state, 'runs'), { mode: 0o700 });
  symlinkSync('/etc/hostname', join(state, 'runs', '00000000.jsonl'));
  expect(() => readRun(state, '00000000')).toThrow(/is a symbolic link/);
});

function newCode(): string {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(folder);
  writeFileSync(join(folder, 'x'), 'code');
  return folder;
}

function grantFile(state: string): string {
  const [name = ''] = readdirSync(join(state, 'grants'));
  return join(state, 'grants', name);
}

function replace(file: string, make: () => void): void {
  rmSync(file);
  make();
}
