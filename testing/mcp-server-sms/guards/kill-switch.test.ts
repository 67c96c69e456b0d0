import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killSwitchProblem } from '../../../mcp-server-sms/src/guards/kill-switch.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { programWithStandIn } from '../../support/sms-server.ts';

const problem = (stateDir: string) => killSwitchProblem({ killSwitch: false, stateDir });

test.each<[string, (stop: string) => void]>([
  ['an empty file', (stop) => writeFileSync(stop, '')],
  ['a folder', (stop) => mkdirSync(stop)],
  ['a link that leads nowhere', (stop) => symlinkSync('/nonexistent/file', stop)],
  ['a link to itself', (stop) => symlinkSync('STOP', stop)],
  ['a link into a folder that is none', (stop) => symlinkSync('/dev/null/x', stop)],
])('%s called STOP stops every send, and without it they go on', (_what, make) => {
  const folder = temporaryFolder();
  expect(problem(folder)).toBeUndefined();
  make(join(folder, 'STOP'));
  expect(problem(folder)).toMatch(/kill switch is on/);
  rmSync(join(folder, 'STOP'), { recursive: true, force: true });
  expect(problem(folder)).toBeUndefined();
});

test('sends nothing if the STOP file cannot be checked', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  for (const gone of ['gone', 'file', 'file/x'])
    expect(problem(join(folder, gone)), gone).toMatch(/cannot be read/);
});

test('a link STOP to nowhere stops a running server', async () => {
  const folder = temporaryFolder();
  const { send, twilio } = await programWithStandIn({ SMS_STATE_DIR: folder });
  expect(await send('before')).toMatchObject({ status: 'queued' });
  symlinkSync('/nonexistent/file', join(folder, 'STOP'));
  expect(await send('after')).toMatchObject({ status: 'refused', reason: expect.stringMatching(/STOP/) });
  expect(twilio.inbox).toHaveLength(1);
});
