import { expect, test } from 'vitest';
import { blocksOf, difference } from '../../support/document.ts';
import { household } from '../../support/household.ts';
import { REPO, runProgram, spendwise } from '../../support/run.ts';

const CLONE = REPO.replace(/\/$/, '');
const blocks = blocksOf('agent/GUIDE.md', { '/path/to/spendwise': CLONE });
const blockNamed = (name: string) => blocks.find(({ words }) => words.join(' ') === name)?.text ?? '';

/** As cron and systemd start a command: next to no environment, no terminal. */
const inBackground = (command: string, env: Record<string, string>, cwd = '/') =>
  runProgram('/bin/sh', ['-c', command], { env: { ...env, PATH: '/usr/bin:/bin' }, cwd });

test('the crontab line and the systemd unit send what is due, once it is granted', async () => {
  const { env, twilio } = await household();
  const entry = /^\*\/15 \* \* \* \* (.*)$/m.exec(blockNamed('crontab'))?.[1] ?? '';
  const before = await inBackground(entry, env);
  expect(before).toMatchObject({ code: 3, stderr: expect.stringContaining('that were not granted') });
  expect(before.stderr).toContain('spendwise sandbox grant mcp-server-sms/sandbox.json');
  expect(before.stdout.trimEnd().split('\n')).toEqual(Array(2).fill(expect.stringMatching(/^FAILED {3}/)));
  expect(twilio.inbox).toEqual([]);

  const grant = blocks.find(({ text }) => text.includes('sandbox grant mcp-server-sms'))?.text ?? '';
  const words = grant.trim().replace('npx --no -- spendwise ', '').split(' ');
  const granted = await spendwise([...words, '--yes'], { env, cwd: CLONE });
  expect(granted.code, granted.stderr).toBe(0);

  const sent = await inBackground(entry, env);
  expect(sent.code, sent.stderr).toBe(0);
  const shown = blocks.find(
    ({ section, text }) => section === 'Alerts without a model' && /^sent/.test(text),
  );
  expect(difference(shown?.text ?? '', sent.stdout)).toBeUndefined();
  expect(twilio.inbox).toHaveLength(2);

  // Whether they arrived is looked up once. Then there is nothing to say, nothing to mail.
  twilio.clock.advance(3_000);
  expect(await inBackground(entry, env)).toMatchObject({ code: 0, stdout: '' });
  const unit = blockNamed('~/.config/systemd/user/spendwise-alert.service');
  const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
  const again = await inBackground(field('ExecStart'), env, field('WorkingDirectory'));
  expect(again).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(twilio.inbox).toHaveLength(2);
  expect(blockNamed('~/.config/systemd/user/spendwise-alert.timer')).toContain('OnCalendar=*:0/15');
});
