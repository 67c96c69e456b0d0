import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwise } from '../../../support/run.ts';

test('doctor says what is there, never what a variable holds, and removes what a killed run left', async () => {
  const folder = temporaryFolder();
  // No process has this id: the kernel's own bound is lower.
  const left = mkdtempSync(join(folder, 'spendwise-run-4999999-'));
  writeFileSync(join(left, 'ca.pem'), 'x');
  const env = { TMPDIR: folder, SPENDWISE_STATE_DIR: join(folder, 'state'), TWILIO_AUTH_TOKEN: 'the-token' };
  const ran = await spendwise(['doctor', '--json'], { env });
  expect(ran.stdout).not.toContain('the-token');
  const { findings } = JSON.parse(ran.stdout);
  const of = (what: string) => findings.find((f: { what: string }) => f.what === what);
  expect(of('TWILIO_AUTH_TOKEN').detail).toBe('set');
  expect(of('OPENAI_API_KEY').detail).toBe('not set');
  expect(of('left behind by runs that were killed').detail).toMatch(/and 1 temporary folder$/);
});

test('without any sandbox, or with a state folder that cannot be written, doctor ends with 1 and hints', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'bin'));
  const env = { PATH: join(folder, 'bin'), SPENDWISE_STATE_DIR: join(folder, 'file', 'state') };
  const ran = await spendwise(['doctor'], { env });
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatch(/! Docker: .*\(install Docker/);
  expect(ran.stdout).toMatch(/! state folder: .* cannot be used \(ENOTDIR\) \(set SPENDWISE_STATE_DIR to/);
  expect(ran.stderr).toMatch(/no sandbox is available here/);
});
