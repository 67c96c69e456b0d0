import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { librariesOf } from '../../agent/sandbox/images/offline-base.ts';
import { docker, testImages } from './docker.ts';
import { PYTHON } from './python.ts';

export const PYTHON_IMAGE = 'spendwise-offline-python:test';

let made: string | undefined;

/** An image with this machine's Python and curl, on the offline base: nothing can be pulled. Returns its id. */
export function makePythonImage(): string {
  made ??= madeBefore() ?? build();
  return made;
}

/** What it is made of: a few hundred MB are not copied again for the same. */
const label = () =>
  `spendwise-test.made-of=${docker('inspect', '-f', '{{.Id}}', testImages().node).trim()}-${statSync(PYTHON).mtimeMs}`;

const madeBefore = (): string | undefined =>
  docker('images', '-q', '--no-trunc', '--filter', `label=${label()}`, PYTHON_IMAGE).trim() || undefined;

function build(): string {
  const context = mkdtempSync(join(tmpdir(), 'spendwise-test-python-'));
  try {
    const library = `/usr/lib/${realpathSync(PYTHON).split('/').at(-1)}`;
    const programs = [PYTHON, '/usr/bin/curl', ...globSync(`${library}/lib-dynload/*.so`)];
    const files = [...programs, ...programs.flatMap(librariesOf), library];
    // Links are followed: what they lead to may lie elsewhere.
    execFileSync('cp', ['-rL', '--parents', ...new Set(files), context], { stdio: 'ignore' });
    writeFileSync(join(context, 'Dockerfile'), `FROM ${testImages().node}\nCOPY . /\n`);
    return docker('build', '-q', '--label', label(), '-t', PYTHON_IMAGE, context).trim();
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
