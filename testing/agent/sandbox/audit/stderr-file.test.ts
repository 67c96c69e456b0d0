import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runFiles } from '../../../../agent/sandbox/audit/files.ts';
import { StderrFile, stderrFile } from '../../../../agent/sandbox/audit/stderr-file.ts';
import { temporaryFolder } from '../../../support/folder.ts';

test('keeps the newest output, in two files of limited size', () => {
  const log = join(temporaryFolder(), 'run.jsonl');
  const file = new StderrFile(log);
  expect(existsSync(stderrFile(log))).toBe(false);
  for (let n = 0; n < 30_000; n += 1) file.append(`server: line ${n} ${'x'.repeat(80)}`);
  file.close();
  const sizes = [stderrFile(log), `${stderrFile(log)}.old`].map((path) => statSync(path).size);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(512 * 1024);
  expect(readFileSync(stderrFile(log), 'utf8')).toContain('line 29999 ');
  expect(statSync(stderrFile(log)).mode & 0o077).toBe(0);
});

test('does not follow a link in place of the file', () => {
  const folder = temporaryFolder();
  const log = join(folder, 'run.jsonl');
  writeFileSync(join(folder, 'other'), 'as it was');
  symlinkSync('other', stderrFile(log));
  expect(() => new StderrFile(log).append('server: x')).toThrow(/symbolic link/);
  expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('as it was');
});

test('is removed together with its run', () => {
  const state = temporaryFolder();
  const log = join(state, 'audit', 'run.jsonl');
  const names = ['', '.head', '.stderr', '.stderr.old'].map((end) => `${log}${end}`);
  mkdirSync(join(state, 'audit'));
  for (const name of names) writeFileSync(name, '');
  expect(runFiles(state)).toEqual([{ log, files: [...names].sort() }]);
});
