import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDotEnv, writeDotEnv } from '../../../agent/settings/dot-env.ts';
import { temporaryFolder } from '../../support/folder.ts';

const LINES = ['# a comment', '', 'A=1', 'export B = "two words"', "C='first\nsecond'", 'D=`x`#y', 'A=again'];

test('a value is read back as it was written, and the other lines stay', () => {
  const folder = temporaryFolder();
  const file = join(folder, '.env');
  const line = fc.constantFrom(...LINES);
  const value = fc.string({
    minLength: 1,
    maxLength: 20,
    unit: fc.constantFrom(...'a1 #=$\\%&;|<>(){}*"\''),
  });
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 6 }),
      fc.constantFrom('A', 'B', 'C', 'NEW'),
      value,
      (lines, name, text) => {
        const before = lines.join('\n');
        writeFileSync(file, before);
        writeDotEnv(file, readDotEnv(file), { [name]: text });
        const after = parseEnv(readFileSync(file, 'utf8'));
        expect(after).toEqual({ ...parseEnv(before), [name]: text });
      },
    ),
    { numRuns: 60 },
  );
  expect(readdirSync(folder), 'no other file is left').toEqual(['.env']);
});

test('a link stays a link', () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()];
  const file = join(folder, '.env');
  writeFileSync(join(other, 'settings'), 'A=1\n');
  symlinkSync(join(other, 'settings'), file);
  writeDotEnv(file, readDotEnv(file), { B: '2' });
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(other, 'settings'), 'utf8')).toBe('A=1\nB=2\n');
});

test('what was changed in the meantime is not overwritten', () => {
  const file = join(temporaryFolder(), '.env');
  writeFileSync(file, 'A=1\n');
  expect(() => writeDotEnv(file, undefined, { A: '2' })).toThrow('was changed in the meantime');
  expect(readFileSync(file, 'utf8')).toBe('A=1\n');
});

test('a value that no quotes can hold is refused, and not shown', () => {
  const file = join(temporaryFolder(), '.env');
  const secret = `a'b"c\`d#`;
  expect(() => writeDotEnv(file, undefined, { A: secret })).toThrow(/^A has signs/);
  expect(readDotEnv(file)).toBeUndefined();
});
