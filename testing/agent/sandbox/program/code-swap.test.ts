import crypto from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { snapshot } from '../../../../agent/sandbox/program/code-snapshot.ts';
import { temporaryFolder } from '../../../support/folder.ts';

/**
 * Runs it between the two readings: there the name of the copy is made up. Test files share processes, so by now the code
 * under test may be loaded: a mock of the module would come too late.
 */
const betweenReadings = (run: () => void) => {
  const real = crypto.randomBytes;
  vi.spyOn(crypto, 'randomBytes').mockImplementation((size: number) => {
    run();
    return real(size);
  });
  syncBuiltinESMExports();
};
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const folderWith = (files: Record<string, string>) => {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};

test.each([
  [
    'a link to another folder',
    { 'server.mjs': 'one' },
    (at: string, other: string) => symlinkSync(other, at),
  ],
  ['another folder', { 'server.mjs': 'one' }, (at: string, other: string) => renameSync(other, at)],
  ['a link, and it is empty', {}, (at: string, other: string) => symlinkSync(other, at)],
  ['nothing', {}, () => {}],
])('does not copy a folder of code that is replaced by %s between two readings', (_by, files, replace) => {
  const folder = folderWith(files);
  const other = folderWith({ secret: 'the secret' });
  const state = temporaryFolder();
  betweenReadings(() => {
    renameSync(folder, `${folder}-moved`);
    replace(folder, other);
  });
  const taken = () => snapshot({ folder, command: ['node', 'server.mjs'] }, state);
  expect(taken).toThrow(/was changed while it was read/);
  expect(readdirSync(join(state, 'code'))).toEqual([]);
});
