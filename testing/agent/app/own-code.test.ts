import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCode } from '../../../agent/sandbox/program/code-digest.ts';
import { REPO, runProgram } from '../../support/run.ts';

test.each([
  ['mcp-server-sms', 'mcp-server-sms/bin/mcp-server-sms.js'],
  ['agent', 'agent/sandbox/bin/spendwise-sandbox.js'],
  ['agent', 'agent/spendwise.js'],
])('the code in %s, which grants are bound to, is the same after %s ran', async (folder, program) => {
  const before = readCode(join(REPO, folder)).digest;
  expect(await runProgram(process.execPath, [join(REPO, program), '--version'])).toMatchObject({ code: 0 });
  expect(readCode(join(REPO, folder)).digest).toBe(before);
});
