import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { isGone, ownIdentity } from '../../../../agent/sandbox/foundation/process-identity.ts';

const linux = process.platform === 'linux';

test('this process is there; one of another start under its number is not; of another machine nobody can tell', () => {
  const own = ownIdentity();
  expect(isGone(own)).toBe(false);
  expect(isGone({ ...own, host: `not-${hostname()}`, pid: 2 ** 22 + 1 })).toBe(false);
  expect(isGone({ ...own, pid: 2 ** 22 + 1 })).toBe(true);
  if (linux) expect(isGone({ ...own, started: '1' })).toBe(true);
});

test.skipIf(!linux)(
  'a process that is dead is gone, though its parent has not asked for it yet',
  async () => {
    // The shell starts a child, and becomes a program that asks for no children.
    const parent = spawn('sh', ['-c', 'sleep 30 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const child = { host: hostname(), pid, started: stat()[19] ?? '' };
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    expect(isGone(child)).toBe(false);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => stat()[0]).toBe('Z');
    expect(isGone(child)).toBe(true);
  },
);
