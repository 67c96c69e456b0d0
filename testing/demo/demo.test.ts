import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startModelStandIn } from '../stand-ins/model.ts';
import { temporaryFolder } from '../support/folder.ts';
import { household } from '../support/household.ts';
import { demo as demoWith, type RunOptions } from '../support/run.ts';

const demo = (args: string[], options?: RunOptions) => demoWith(['--runtime', 'process', ...args], options);

test.each(['2026-11-23', '2026-11-26', '2026-11-29'])(
  'on %s two alerts go out, and one text does not',
  async (today) => {
    const scratch = temporaryFolder();
    const state = temporaryFolder();
    const ran = await demo(['--json', '--today', today], {
      env: { TMPDIR: scratch, SPENDWISE_STATE_DIR: state },
    });
    expect(ran.code).toBe(0);
    const page = /^Page of this run: (.*)\n$/m.exec(ran.stderr)?.[1] ?? '';
    expect(ran.stderr.endsWith(`: ${page}\n`)).toBe(true);
    expect(readdirSync(join(state, 'pages'))).toEqual([basename(page)]);
    const report = JSON.parse(ran.stdout);
    expect(report).toMatchObject({
      runtime: 'process',
      twilio: 'stand-in',
      model: {
        kind: 'scripted',
        name: 'scripted-rules',
        calls: 4,
        inputTokens: expect.any(Number),
        outputTokens: expect.any(Number),
      },
      egress: [],
      answer: expect.stringContaining('2 of 4 budgets run hot'),
    });
    expect(report.budgets).toContainEqual({
      category: 'Food & Dining',
      currency: 'CHF',
      spentMinor: 13500,
      limitMinor: 15000,
      percent: 90,
      state: 'warn',
    });
    expect(report.messages.map((m: { body: string }) => m.body)).toEqual([
      '[!!] SpendWise: Shopping\nCHF 95/80 (119%)',
      '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)',
    ]);
    for (const message of report.messages) {
      expect(message).toMatchObject({
        tool: 'send_budget_alert',
        status: 'queued',
        sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      });
    }
    expect(readdirSync(scratch)).toEqual([]);
  },
);

test('to a person it shows permissions, bars, calls, texts and the blocked attempt, with every label', async () => {
  const ran = await demo([]);
  expect(ran.code).toBe(0);
  for (const shown of [
    'scripted rules, no AI',
    'nothing is really sent',
    'NOT A SANDBOX',
    'Allow access to domain: api.twilio.com:443 → yes (no terminal, and only stand-ins behind it)',
    'CHF 95/80',
    '→ sms__send_budget_alert',
    '│ [!!] SpendWise: Shopping             │',
    '│ CHF 135/150 (90%)                    │',
    'BLOCKED by the tool policy',
  ]) {
    expect(ran.stdout).toContain(shown);
  }
  const [, page = ''] = /\nPage of this run: (.*)\n$/.exec(ran.stdout) ?? [];
  const markup = readFileSync(page, 'utf8');
  for (const shown of [
    '2 texts reached the stand-in phone; 1 staged attempt was stopped',
    'send_sms',
    'this recipient is not allowed',
  ])
    expect(markup).toContain(shown);
  expect(markup).not.toContain('spendwise runs show');
  expect(markup).toContain('Here the demo plays a model that was talked into it: it calls send_sms itself.');
  expect(ran.stdout).not.toContain('\u001b');
});

test('--no-page makes none; a page that cannot be kept is a warning', async () => {
  const state = temporaryFolder();
  const env = { SPENDWISE_STATE_DIR: state };
  const without = await demo(['--no-page'], { env });
  expect(without).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Page of this run') });
  expect(readdirSync(state)).toEqual([]);
  writeFileSync(join(state, 'pages'), '');
  const refused = await demo(['--json'], { env });
  expect(refused).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/no page of this run: /),
  });
  expect(JSON.parse(refused.stdout).messages).toHaveLength(2);
});

test('--prompt is what the agent is told', async () => {
  const ran = await demo(['--json', '--prompt', 'How much did I spend on food this week?']);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    messages: [],
    answer: expect.stringContaining('Food & Dining CHF 135'),
  });
});

test('with a live key and no terminal it grants nothing by itself', async () => {
  const ran = await demo(['--json'], { env: { OPENAI_API_KEY: 'sk-live' } });
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(ran.stderr).toMatch(/^error: .*\n {2}Allow access to file system path.*\nhint: .*--yes\n$/m);
});

test.each([{ TWILIO_REGION: 'ie1' }, { TWILIO_EDGE: 'dublin' }, { SMS_DRY_RUN: '1' }])(
  'with %o it ends at once, in words',
  async (env) => {
    const ran = await demo(['--json'], { env });
    expect(ran).toMatchObject({ code: 4, stdout: '' });
  },
);

test('a temporary folder that cannot be made ends it at once', async () => {
  expect(await demo(['--json'], { env: { TMPDIR: '/nonexistent' } })).toMatchObject({ code: 1, stdout: '' });
});

test('half an account is an error, not a stand-in', async () => {
  const ran = await demo(['--json'], { env: { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}` } });
  expect(ran).toMatchObject({ code: 4, stdout: '' });
});

test('with an account and an endpoint of their own it uses both, and says where the endpoint is', async () => {
  const { env, twilio } = await household();
  const model = await startModelStandIn();
  onTestFinished(() => model.close());
  const own = { ...env, OPENAI_BASE_URL: model.url.href, OPENAI_MODEL: 'mine' };
  expect((await demo([], { env: own })).stdout).toMatch(/mine, at http:\/\/127\.0\.0\.1:\d+\n/);
  const ran = await demo(['--json'], { env: own });
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    twilio: 'override',
    model: { kind: 'openai', name: 'mine' },
  });
  expect(twilio.inbox).toHaveLength(4);
});
