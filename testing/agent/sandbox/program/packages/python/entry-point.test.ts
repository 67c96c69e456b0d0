import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownProgram } from '../../../../../../agent/sandbox/program/packages/python/entry-point.ts';
import { Room, unpackWheel } from '../../../../../../agent/sandbox/program/packages/python/wheel.ts';
import { temporaryFolder } from '../../../../../support/folder.ts';
import { type WheelOptions, wheel } from '../../../../../support/wheel.ts';

async function programOf(options: WheelOptions, program?: string): Promise<string> {
  const packages = join(temporaryFolder(), 'packages');
  await unpackWheel('leaf', wheel('leaf', options).bytes, packages, new Room());
  return ownProgram(packages, 'leaf', program);
}

test('starts the console script with the name of the package, its only one, or its module', async () => {
  const start = 'from leaf import main\nsys.exit(main())';
  expect(await programOf({ scripts: { other: 'leaf:other', leaf: 'leaf:main' } })).toBe(start);
  expect(await programOf({ scripts: { only: 'leaf:main' } })).toBe(start);
  expect(await programOf({ scripts: { a: 'leaf:a', b: 'leaf:main' } }, 'b')).toBe(start);
  expect(await programOf({ files: { 'leaf/__main__.py': '' } })).toContain("run_module('leaf'");
});

test.each<[string, WheelOptions, string | undefined, object]>([
  ['without a program', {}, undefined, { message: 'leaf has no program to run' }],
  [
    'with several programs',
    { scripts: { a: 'leaf:a', b: 'leaf:b' } },
    undefined,
    { message: expect.stringContaining('leaf has several programs (a, b)') },
  ],
  [
    'without the program that the manifest names',
    { scripts: { a: 'leaf:a', b: 'leaf:b' } },
    'c',
    { message: 'leaf has no console script c', hint: 'it has: a, b' },
  ],
  [
    'whose program is code',
    { scripts: { leaf: "os:system('id')#" } },
    undefined,
    { message: expect.stringContaining('its program leaf names no function') },
  ],
])('refuses a package %s, in plain words', async (_what, options, program, error) => {
  await expect(programOf(options, program)).rejects.toMatchObject(error);
});
