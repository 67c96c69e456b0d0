import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identityOf } from '../../../../../agent/sandbox/foundation/process-identity.ts';
import { FetchLog, logLine } from '../../../../../agent/sandbox/program/packages/fetch-log.ts';
import { temporaryFolder } from '../../../../support/folder.ts';

/** Whether the turn counts as given up whose log says so much about who has it. */
function isDead(other: object, ago = 0): boolean {
  const file = join(temporaryFolder(), 'log');
  writeFileSync(file, logLine({ fetcher: { ...identityOf(process.pid), ...other }, at: Date.now() - ago }));
  using log = FetchLog.open(file);
  log?.notices();
  return log?.isDead ?? true;
}

test('the turn of a process that lives is honoured', () => {
  expect(isDead({})).toBe(false);
  expect(isDead({ host: 'elsewhere' })).toBe(false);
});

test.each([
  ['of a dead process', { pid: 2 ** 22 + 1 }, 0],
  ['of another process that has its number', { started: '1' }, 0],
  ['of a process that nobody can see, begun too long ago', { host: 'elsewhere' }, 1_000_000],
])('the turn %s is not honoured', (_whose, other, ago) => {
  expect(isDead(other, ago)).toBe(true);
});
