import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blocksOf } from '../support/document.ts';
import { REPO, runProgram } from '../support/run.ts';
import { API_REPORT, apiReport, exportedNames } from './api-report.ts';

test('every exported name says in words what it is', () => {
  const bare = exportedNames().filter(({ doc }) => doc.trim() === '');
  expect(bare.map(({ name }) => name)).toEqual([]);
});

test('the page of the API is what the code exports: a change shows', () => {
  expect(readFileSync(API_REPORT, 'utf8')).toBe(apiReport());
});

test("the README's program compiles as it stands, in at most 25 lines", async () => {
  const [{ text } = { text: '' }] = blocksOf('agent/sandbox/README.md').filter(
    ({ language }) => language === 'ts',
  );
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  // Below this clone, so that it finds the packages.
  const folder = mkdtempSync(join(REPO, 'testing/documents/example-'));
  try {
    writeFileSync(join(folder, 'example.ts'), text);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(REPO, 'tsconfig.json'), include: ['example.ts'], exclude: [] }),
    );
    const compiled = await runProgram(process.execPath, [
      join(REPO, 'node_modules/typescript/bin/tsc'),
      '-p',
      folder,
    ]);
    expect(compiled, compiled.stdout).toMatchObject({ code: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
