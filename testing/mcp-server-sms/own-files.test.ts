import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openState } from '../../mcp-server-sms/src/state/state-file.ts';
import { temporaryFolder } from '../support/folder.ts';
import { run } from '../support/run.ts';
import { SMS_BIN, SMS_ENV } from '../support/sms-server.ts';

const isRoot = process.getuid?.() === 0;
const open = (folder: string) => openState(folder).database.close();

function folderWithMode(mode: number): string {
  const folder = join(temporaryFolder(), 'state');
  mkdirSync(folder);
  chmodSync(folder, mode);
  return folder;
}

test('a folder that others may write is refused, one that they may read is not', () => {
  for (const mode of [0o777, 0o1777, 0o770, 0o702])
    expect(() => open(folderWithMode(mode)), mode.toString(8)).toThrow(/may be written by others/);
  for (const mode of [0o700, 0o755]) expect(() => open(folderWithMode(mode))).not.toThrow();
});

test('a folder that is a link, or that everybody may replace, is refused', () => {
  const link = join(temporaryFolder(), 'link');
  symlinkSync(folderWithMode(0o700), link);
  expect(() => open(link)).toThrow(/is a symbolic link/);
  const shared = folderWithMode(0o777);
  expect(() => open(join(shared, 'own'))).toThrow(/above it, may be written by everybody/);
  chmodSync(shared, 0o1777);
  expect(() => open(join(shared, 'own'))).not.toThrow();
});

test.runIf(isRoot)('a folder, a key or a database of another user is refused', () => {
  const folder = folderWithMode(0o700);
  open(folder);
  for (const name of ['key', 'sends.db', '.']) {
    chownSync(join(folder, name), 65_534, 65_534);
    expect(() => open(folder), name).toThrow(/belongs to user 65534/);
    chownSync(join(folder, name), 0, 0);
  }
  expect(() => open(folder)).not.toThrow();
});

test.each(['key', 'sends.db', 'sends.db-wal', 'sends.db-journal'])(
  '%s as a link is refused, and what it leads to is left as it was',
  (name) => {
    const folder = folderWithMode(0o700);
    const victim = join(temporaryFolder(), 'victim');
    writeFileSync(victim, 'x'.repeat(32));
    chmodSync(victim, 0o644);
    symlinkSync(victim, join(folder, name));
    expect(() => open(folder)).toThrow(/is a symbolic link/);
    expect(readFileSync(victim, 'utf8')).toBe('x'.repeat(32));
    expect(statSync(victim).mode & 0o777).toBe(0o644);
    rmSync(victim);
    expect(() => open(folder)).toThrow(/is a symbolic link/);
    expect(existsSync(victim)).toBe(false);
  },
);

test('a key that others may write is refused', () => {
  const folder = folderWithMode(0o700);
  writeFileSync(join(folder, 'key'), 'x'.repeat(32));
  chmodSync(join(folder, 'key'), 0o666);
  expect(() => open(folder)).toThrow(/key may be written by others/);
});

test('the server says what is wrong with the folder, and does not start', async () => {
  const ran = await run(SMS_BIN, [], { env: { ...SMS_ENV, SMS_STATE_DIR: folderWithMode(0o777) } });
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(/SMS_STATE_DIR: cannot be used: .*may be written by others/);
});
