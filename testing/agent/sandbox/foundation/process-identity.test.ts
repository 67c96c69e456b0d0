import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { isGone, ownIdentity } from '../../../../agent/sandbox/foundation/process-identity.ts';
import { zombieToBe } from '../../../support/zombie.ts';

const linux = process.platform === 'linux';

test('this process runs, one with its number but another start does not, and other machines are unknown', () => {
  const own = ownIdentity();
  expect(isGone(own)).toBe(false);
  expect(isGone({ ...own, host: `not-${hostname()}`, pid: 2 ** 22 + 1 })).toBe(false);
  expect(isGone({ ...own, pid: 2 ** 22 + 1 })).toBe(true);
  if (linux) expect(isGone({ ...own, started: '1' })).toBe(true);
});

test.skipIf(!linux)('a dead process is gone, even if its parent has not waited for it yet', async () => {
  const { pid, started, kill } = await zombieToBe();
  const child = { host: hostname(), pid, started };
  expect(isGone(child)).toBe(false);
  await kill();
  expect(isGone(child)).toBe(true);
});
