import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO, runProgram } from '../../support/run.ts';

const versionOf = (node: string) =>
  Number(execFileSync(node, ['-p', 'process.versions.node']).toString().split('.')[0]);

/** The machine's own Node, where it is older than ours. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((node) => existsSync(node) && versionOf(node) < 22);

if (oldNode === undefined)
  process.stderr.write('SKIPPED: no old Node on this machine: the tests of starting with one\n');
const withOldNode = test.skipIf(oldNode === undefined);

withOldNode.each([
  ['agent/spendwise.js', ['status', '--help'], /Usage: spendwise status/],
  ['agent/run.js', [`${REPO}testing/demo/main.ts`, '--help'], /throw-away database/],
])('%s started by an old Node runs under ours', async (file, args, shows) => {
  const ran = await runProgram(oldNode ?? '', [`${REPO}${file}`, ...args]);
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(shows) });
});

withOldNode('mcp-server-sms started by an old Node runs under ours', async () => {
  const ran = await runProgram(oldNode ?? '', [`${REPO}mcp-server-sms/bin/mcp-server-sms.js`]);
  expect(ran).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/^error: mcp-server-sms is not configured/),
  });
});

withOldNode('without installed packages every entry point says what is missing', async () => {
  const clone = temporaryFolder();
  for (const [folder, file] of [
    ['agent', 'run.js'],
    ['agent', 'spendwise.js'],
    ['mcp-server-sms/bin', 'mcp-server-sms.js'],
  ] as const) {
    mkdirSync(join(clone, folder), { recursive: true });
    copyFileSync(join(REPO, folder, file), join(clone, folder, file));
  }
  copyFileSync(join(REPO, 'package.json'), join(clone, 'package.json'));
  for (const file of ['agent/spendwise.js', 'mcp-server-sms/bin/mcp-server-sms.js']) {
    const ran = await runProgram(oldNode ?? '', [join(clone, file)]);
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toMatch(/^error: .*\nhint: .*npm ci.*\n$/);
  }
});
