import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { REPO, runProgram, SOURCES } from '../../support/run.ts';

const { exports } = JSON.parse(readFileSync(join(REPO, 'agent/sandbox/package.json'), 'utf8'));
/** Tools read it in every package. */
const PACKAGE_JSON = './package.json';
const names = Object.keys(exports)
  .filter((entry) => entry !== PACKAGE_JSON)
  .map((entry) => `@spendwise/sandbox${entry.slice(1)}`);

/** Where Node finds each name, or the code of its error. */
async function resolved(...flags: string[]): Promise<string[]> {
  const code = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => {
    try { return import.meta.resolve(name); } catch (error) { return error.code; }
  })))`;
  const ran = await runProgram(process.execPath, [...flags, '--input-type=module', '-e', code]);
  expect(ran.code, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout);
}

test('an installed package exports only the library', async () => {
  const [library, ...rest] = await resolved();
  expect(library).toMatch(/\/sandbox\/dist\/index\.js$/);
  expect(new Set(rest)).toEqual(new Set(['ERR_PACKAGE_PATH_NOT_EXPORTED']));
});

test('in this clone, every entry is a source file', async () => {
  for (const url of await resolved(SOURCES)) {
    expect(url).toMatch(/\/agent\/sandbox\/[^.]*\.ts$/);
    expect(existsSync(fileURLToPath(url)), url).toBe(true);
  }
});
