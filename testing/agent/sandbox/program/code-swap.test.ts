import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { snapshot } from '../../../../agent/sandbox/program/code-snapshot.ts';
import { temporaryFolder } from '../../../support/folder.ts';

/** Runs between the two readings: there the name of the copy is made up. */
let betweenReadings = () => {};
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const randomBytes = (size: number) => {
    betweenReadings();
    return crypto.randomBytes(size);
  };
  return { ...crypto, randomBytes };
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
  betweenReadings = () => {
    renameSync(folder, `${folder}-moved`);
    replace(folder, other);
  };
  const taken = () => snapshot({ folder, command: ['node', 'server.mjs'] }, state);
  expect(taken).toThrow(/was changed while it was read/);
  expect(readdirSync(join(state, 'code'))).toEqual([]);
});
