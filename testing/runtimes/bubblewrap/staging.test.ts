import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOBODY } from '../../../agent/sandbox/foundation/nobody.ts';
import { Staging } from '../../../agent/sandbox/runtimes/bubblewrap/staging.ts';
import { bubblewrapAvailable } from '../../support/bubblewrap.ts';
import { temporaryFolder } from '../../support/folder.ts';

const NAMES = [
  'plain',
  'with space',
  'tab\there',
  '#',
  'back\\slash',
  '\\040',
  'LABEL=x',
  '"quoted"',
  'n\u00a0b',
];

test.skipIf(process.getuid?.() !== 0 || !bubblewrapAvailable)(
  'root lays files and folders ready for a user who could not reach them, whatever their names are',
  () => {
    const closed = join(temporaryFolder(), 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const staging = new Staging(NOBODY);
    const places = NAMES.map((name) => {
      const [folder, file] = [join(closed, name), join(closed, `${name}.txt`)];
      mkdirSync(folder);
      writeFileSync(join(folder, 'in'), `in ${name}\n`);
      writeFileSync(file, `file ${name}\n`);
      return [join(staging.at(folder), 'in'), staging.at(file)];
    });
    const [program = '', ...words] = [...staging.prefix, 'cat', ...places.flat()];
    const expected = NAMES.map((name) => `in ${name}\nfile ${name}\n`).join('');
    expect(execFileSync(program, words, { encoding: 'utf8' })).toBe(expected);
  },
);
