import { appendFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { AgentEvent } from '../../../../agent/loop/agent-loop.ts';
import { runFile } from '../../../../agent/runs/files.ts';
import { RunStore } from '../../../../agent/runs/store.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { completed, functionCall, modelServer, says, stream } from '../../../support/model-server.ts';
import { spendwise } from '../../../support/run.ts';

let state: string;
beforeEach(() => {
  state = temporaryFolder();
});
const runs = (...args: string[]) => spendwiseHere(['runs', ...args], { env: { SPENDWISE_STATE_DIR: state } });
/** The same, as a program of its own. */
const program = (...args: string[]) => spendwise(['runs', ...args], { env: { SPENDWISE_STATE_DIR: state } });

const call = { callId: 'c', name: 'sms__send_budget_alert', arguments: '{"category":"Shopping"}' };
const USAGE = { calls: 2, inputTokens: 4210, cachedInputTokens: 0, outputTokens: 96 };
const EVENTS: AgentEvent[] = [
  { type: 'text', delta: 'I will alert you.' },
  { type: 'call', call },
  {
    type: 'outcome',
    call,
    outcome: {
      kind: 'result',
      call: { server: 'sms', tool: 'send_budget_alert', args: {} },
      result: { isError: false, text: '{"status":"queued"}', structured: { status: 'queued', sid: 'SM1' } },
    },
  },
  { type: 'usage', usage: USAGE },
  { type: 'answer', text: 'One alert \u001b[31mis out.' },
];

/** A run in the state folder; gives its id. */
function recordRun(prompt: string, events = EVENTS, end = true): string {
  const store = new RunStore({ SPENDWISE_STATE_DIR: state }, () => {});
  const model = { kind: 'openai', name: 'gpt-5.4-mini' };
  const run = store.begin(prompt, { model, runtime: { kind: 'docker' }, twilio: 'live' });
  for (const event of events) run.write(event);
  if (end) run.end({ outcome: 'answered' });
  return run.id ?? '';
}

test('lists runs newest first, with their usage', async () => {
  recordRun('Check my budgets\nand alert me');
  const second = recordRun('And now?', [], false);
  const { code, stdout, stderr } = await program('list');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(
    new RegExp(`^${second}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  broke off    And now\\?$`),
  );
  expect(lines[2]).toMatch(/answered {5}Check my budgets and alert me$/);
  expect(lines[3]?.trim()).toBe('gpt-5.4-mini, 2 calls, 4,210 tokens in, 96 out, 1 text sent');
  const { runs: listed } = JSON.parse((await runs('list', '--json', '--limit', '1')).stdout);
  expect(listed).toMatchObject([{ id: second, outcome: 'broke off', texts: { sent: 0, unknown: 0 } }]);
});

test('without runs the list is empty, and says where it looked', async () => {
  expect(await runs('list')).toMatchObject({ code: 0, stdout: '', stderr: `no runs in ${state}\n` });
});

test('prints one event per line, and reports damaged lines', async () => {
  const id = recordRun('Check my budgets\nand alert me');
  appendFileSync(runFile(state, id), 'junk\n{"torn');
  const shown = await program('show', id.slice(0, 7));
  expect(shown).toMatchObject({ code: 0, stderr: 'damaged and left out: lines 8, 9\n' });
  expect(shown.stdout.split('\n').map((line) => line.replace(/^\S+Z {2}/, ''))).toEqual([
    'run       gpt-5.4-mini (openai), runtime docker, Twilio live: Check my budgets and alert me',
    'text      I will alert you.',
    'call      sms__send_budget_alert {"category":"Shopping"}',
    'outcome   ok: {"status":"queued"}',
    'usage     so far 2 model calls, 4,210 tokens in, 96 out',
    'answer    One alert is out.',
    'end       answered',
    '',
  ]);
  const whole = JSON.parse((await runs('show', id, '--json')).stdout);
  expect(whole).toMatchObject({ id, outcome: 'answered', damaged: [8, 9], events: { length: 7 } });
});

test('replays what was seen: words on stdout, steps on stderr, no escape sequences', async () => {
  const id = recordRun('Check my budgets and alert me');
  const { code, stdout, stderr } = await program('replay', id);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'I will alert you.\nOne alert is out.\n' });
  expect(stderr).toContain(
    'you> Check my budgets and alert me\n→ sms__send_budget_alert {"category":"Shopping"}\n  ✓ queued, SM1\n',
  );
});

test('replay keeps the pauses when told how fast', async () => {
  const id = recordRun('x', []);
  const file = runFile(state, id);
  const line = (seconds: number, text: string) =>
    `${JSON.stringify({ type: 'answer', time: `2026-11-23T10:00:${String(seconds).padStart(2, '0')}.000Z`, text })}\n`;
  writeFileSync(file, line(0, 'one') + line(10, 'two') + line(9, 'three'));
  const started = Date.now();
  const ran = await runs('replay', id, '--speed', '10');
  expect(ran).toMatchObject({ code: 0, stdout: 'one\ntwo\nthree\n' });
  expect(Date.now() - started).toBeGreaterThan(1_000);
});

test('a run that broke off says so', async () => {
  const id = recordRun('x', EVENTS.slice(0, 2), false);
  truncateSync(runFile(state, id), 300);
  for (const command of ['show', 'replay']) {
    const { code, stderr } = await runs(command, id);
    expect(code).toBe(0);
    expect(stderr).toMatch(/damaged and left out: line \d\n[\s\S]*the run was broken off here/);
  }
});

const ALERT = functionCall(
  'sms__send_budget_alert',
  JSON.stringify({ category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' }),
);

test('a run that was killed while a text was on its way says that it may have gone out', async () => {
  const { env, twilio } = await household();
  state = env.SPENDWISE_STATE_DIR;
  const server = await modelServer((response) => stream(response, [completed([ALERT])]));
  twilio.faults.next({ kind: 'late', ms: 60_000 });
  const ran = await spendwise(['agent', 'ask', 'alert me', '--yes', '--runtime', 'process'], {
    env: { ...env, OPENAI_BASE_URL: server.url },
    onStart: (kill) =>
      void expect
        .poll(() => twilio.inbox.length, { timeout: 60_000 })
        .toBe(1)
        .then(() => kill('SIGKILL')),
  });
  expect(ran.signal).toBe('SIGKILL');
  const listed = await runs('list');
  expect(listed.stdout).toMatch(/ broke off +alert me\n.* 0 texts sent, 1 text may have gone out\n$/);
  const id = listed.stdout.slice(0, 8);
  expect((await runs('show', id)).stderr).toMatch(
    /^the run was broken off here, .*\n1 text may have gone out: see `spendwise alert history`\n$/,
  );
  const texts = { sent: 0, unknown: 1 };
  expect(JSON.parse((await runs('show', id, '--json')).stdout)).toMatchObject({ texts });
  expect(JSON.parse((await runs('list', '--json')).stdout).runs).toMatchObject([{ id, texts }]);
  // Told by hand that it went out, the list knows it too.
  const { history } = JSON.parse((await spendwiseHere(['alert', 'history', '--json'], { env })).stdout);
  expect(history).toMatchObject([{ state: 'unknown' }]);
  await spendwiseHere(['alert', 'resolve', String(history[0].id), '--sent'], { env });
  expect((await runs('list')).stdout).toMatch(/, 1 text sent\n$/);
});

test('without a readable ledger the texts are those of the record, and the list says so', async () => {
  const id = recordRun('Check my budgets');
  for (const name of ['ledger.db', 'texting-since']) writeFileSync(join(state, name), 'x'.repeat(5_000));
  const listed = await runs('list');
  expect(listed.stdout).toMatch(new RegExp(`^${id} [^]*, 1 text sent\n$`));
  expect(listed.stderr).toMatch(/^texts are shown without the ledger: .* is damaged\n$/);
});

test('reports a run name that matches none or several', async () => {
  expect(await runs('show', 'zzz')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^error: there is no run zzz\nhint: /),
  });
  const ids = [recordRun('x'), recordRun('y')];
  const { code, stderr } = await runs('replay', ids[0]?.slice(0, 3) ?? '');
  expect(code).toBe(2);
  for (const id of ids) expect(stderr).toContain(id);
  expect(await runs('list', '--limit', '0')).toMatchObject({ code: 2 });
  expect(await runs('replay', 'x', '--speed', '0')).toMatchObject({ code: 2 });
});

test('replays a run of `agent ask` without its model and servers', async () => {
  const { env, twilio, folder } = await household();
  state = env.SPENDWISE_STATE_DIR;
  const server = await modelServer((response, request) =>
    stream(response, [completed([request === 1 ? ALERT : says('One alert is out.')])]),
  );
  const asked = await spendwiseHere(
    ['agent', 'ask', 'alert me at', env.NOTIFICATION_PHONE, '--yes', '--runtime', 'process'],
    { env: { ...env, OPENAI_BASE_URL: server.url } },
  );
  expect(asked.code).toBe(0);
  rmSync(join(folder, 'data'), { recursive: true });
  const [file = ''] = readdirSync(join(state, 'runs'));
  const replayed = await runs('replay', file.slice(0, 8));
  expect(replayed.stdout).toBe(asked.stdout);
  expect(replayed.stderr).toContain('you> alert me at +…0143\n');
  expect(asked.stderr).toContain(replayed.stderr.split('\n').slice(1).join('\n'));
  expect(twilio.inbox).toHaveLength(1);
  expect(JSON.parse((await runs('list', '--json')).stdout)).toMatchObject({
    runs: [{ calls: 2, texts: { sent: 1 }, outcome: 'answered' }],
  });
});
