import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Block, blocksOf } from '../support/document.ts';
import { temporaryFolder } from '../support/folder.ts';
import { REPO, runProgram } from '../support/run.ts';

/** The lines of a diff that begin with one of `marks`, without the mark. */
const side = ({ text }: Block, marks: string): string =>
  text.replace(/^(.?)(.*\n)/gm, (_line, mark: string, rest: string) => (marks.includes(mark) ? rest : ''));

function apply(folder: string, block: Block): void {
  const path = join(folder, block.words[0] ?? '');
  const [before, ...more] = readFileSync(path, 'utf8').split(side(block, ' -'));
  expect(more, `where the change to ${block.words[0]} goes`).toHaveLength(1);
  writeFileSync(path, `${before}${side(block, ' +')}${more[0]}`);
}

test('the first change of CONTRIBUTING.md can be made as it is written, and its tests pass', async () => {
  const folder = temporaryFolder();
  for (const part of ['agent', 'mcp-server-sms', 'testing', 'package.json'])
    cpSync(join(REPO, part), join(folder, part), {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist|laboratory|documents)$/.test(path),
    });
  symlinkSync(join(REPO, 'node_modules'), join(folder, 'node_modules'));
  const blocks = blocksOf('CONTRIBUTING.md').filter(({ language }) => language === 'diff');
  for (const block of blocks) apply(folder, block);
  expect(blocks).toHaveLength(6);

  const tests = ['testing/agent/spending/server.test.ts', 'testing/agent/tools/policy.test.ts'];
  const vitest = join(REPO, 'node_modules/vitest/vitest.mjs');
  const report = join(folder, 'report.json');
  const to = [
    '--config',
    join(REPO, 'vitest.config.ts'),
    '--root',
    folder,
    '--reporter',
    'json',
    '--outputFile',
    report,
  ];
  const args = [vitest, 'run', ...to, '-t', 'biggest expenses', ...tests];
  const { stdout, stderr } = await runProgram(process.execPath, args, { cwd: folder });
  expect(JSON.parse(readFileSync(report, 'utf8')), stdout + stderr).toMatchObject({
    success: true,
    numPassedTests: 2,
  });
});
