import { existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { isLeft } from '../../../../agent/sandbox/runtimes/docker/reaper.ts';
import { makeRunFolder, reapFolders } from '../../../../agent/sandbox/runtimes/run-folders.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { zombieToBe } from '../../../support/zombie.ts';

test.skipIf(process.platform !== 'linux')(
  'removes what a dead host left, even if its parent has not waited for it yet',
  async () => {
    const folder = temporaryFolder();
    vi.stubEnv('TMPDIR', folder);
    const { pid, started, kill } = await zombieToBe();
    const own = makeRunFolder();
    const left = join(folder, `spendwise-run-${pid}-0a1b`);
    mkdirSync(left);
    const container = `0a1b spendwise-0a1b-workload spendwise.host=${hostname()}/${pid}/${started}`;
    expect([isLeft(container), reapFolders()]).toEqual([false, 0]);
    await kill();
    expect([isLeft(container), reapFolders()]).toEqual([true, 1]);
    expect([existsSync(left), existsSync(own)]).toEqual([false, true]);
  },
);
