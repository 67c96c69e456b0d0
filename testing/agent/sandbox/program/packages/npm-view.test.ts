import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { npmView } from '../../../../../agent/sandbox/program/packages/npm.ts';
import { temporaryFolder } from '../../../../support/folder.ts';

/** An npm that leaves a trace, and answers. */
function fakeNpm(): () => boolean {
  const folder = temporaryFolder();
  const trace = join(folder, 'started');
  const answer = JSON.stringify({ version: '1.2.3', 'dist.integrity': 'sha512-x' });
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\ntouch '${trace}'\necho '${answer}'\n`);
  chmodSync(join(folder, 'npm'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${folder}${delimiter}${path}`;
  onTestFinished(() => {
    process.env.PATH = path;
  });
  return () => existsSync(trace);
}

test.each([
  'server@git+https://evil.example/x.git',
  'server@https://evil.example/x.tgz',
  'server@npm:other@1.0.0',
  'server@file:../x',
  'server@./x',
  'github:evil/x',
  'evil/x',
  './x',
  '--registry=https://evil.example',
  '@scope',
  '',
])('does not start npm for %j, which is not a package of a registry', async (spec) => {
  const started = fakeNpm();
  await expect(npmView(spec)).rejects.toThrow(/is not a package of a registry/);
  expect(started()).toBe(false);
});

test.each(['server', '@scope/server', 'server@1.2.3', 'server@^1', 'server@>=1 <2', 'server@next'])(
  'looks up %s',
  async (spec) => {
    const started = fakeNpm();
    expect(await npmView(spec)).toEqual({ version: '1.2.3', integrity: 'sha512-x' });
    expect(started()).toBe(true);
  },
);
