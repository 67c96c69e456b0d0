import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runPage } from '../../../../../agent/pages/run/page.ts';
import { storyOfRun } from '../../../../../agent/pages/run/reading/parts.ts';
import type { Story } from '../../../../../agent/pages/run/story.ts';
import { runFile } from '../../../../../agent/runs/files.ts';
import { readRun } from '../../../../../agent/runs/read.ts';
import { recorded } from '../../../../../agent/runs/record.ts';
import { RunStore } from '../../../../../agent/runs/store.ts';
import { partFile, runLogs } from '../../../../../agent/sandbox/audit/files.ts';
import type { RunningServer } from '../../../../../agent/sandbox/plan/runtime.ts';
import { processRuntime } from '../../../../../agent/sandbox/runtimes/process.ts';
import { forgedLine, forgedLines, HOSTILE_JSON } from '../../../../support/audit.ts';
import { spendwise } from '../../../../support/run.ts';
import { openTestSession } from '../../../../support/session.ts';

type Session = Awaited<ReturnType<typeof openTestSession>>['session'];

/** A conversation of three requests: an alert that goes out, a text to a stranger, and one without a call. */
async function conversation(duringThird = async (_: readonly RunningServer[]) => {}) {
  const plain = processRuntime({ unsandboxed: true });
  const running: RunningServer[] = [];
  const home = await openTestSession({
    ...plain,
    async start(...how) {
      const server = await plain.start(...how);
      running.push(server);
      return server;
    },
  });
  const { session, env } = home;
  const runs = new RunStore(env, () => {});
  const setting = {
    model: { kind: 'scripted', name: 'none' },
    runtime: { kind: 'process' },
    twilio: 'stand-in',
  };
  const { signal } = new AbortController();
  const act = async (prompt: string, name?: string, args?: object) => {
    const run = runs.begin(prompt, setting, session.audit);
    const events = async function* () {
      if (name === undefined) return await duringThird(running);
      const call = { callId: 'c', name, arguments: JSON.stringify(args) };
      yield { type: 'call', call } as const;
      yield {
        type: 'outcome',
        call,
        outcome: await session.door.call(name, call.arguments, signal),
      } as const;
    };
    for await (const _ of recorded(run, events));
    return run.id ?? '';
  };
  const alert = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };
  const ids = [
    await act('alert me', 'sms__send_budget_alert', alert),
    await act('text them', 'sms__send_sms', { to: '+12025550199', message: 'hi' }),
    await act('nothing'),
  ];
  await (session as Session).close();
  const state = env.SPENDWISE_STATE_DIR;
  return { state, ids, story: (id: string | undefined) => storyOfRun(state, readRun(state, id ?? '')) };
}

const titles = ({ moments }: Story, lane: string) =>
  moments.filter((moment) => moment.lane === lane).map(({ verdict, title }) => `${verdict} ${title}`);

test('of a real conversation, each run has its own calls, and all have its servers', async () => {
  const { ids, story } = await conversation();
  const [first, second, third] = ids.map(story) as [Story, Story, Story];
  expect(titles(first, 'server:mcp-server-sms')).toEqual([
    'plain process, NOT a sandbox',
    'passed send_budget_alert',
  ]);
  expect(titles(first, 'phone')).toEqual(['plain reserved', 'plain sending', 'passed sent']);
  expect(first.texts).toMatchObject([
    { to: '+…0143', state: 'sent', body: expect.stringContaining('CHF 95/80') },
  ]);
  expect(titles(second, 'door')).toEqual(['stopped send_sms to +…0199']);
  expect(second.texts).toEqual([]);
  expect(titles(third, 'door')).toEqual([]);
  for (const one of [first, second, third]) {
    expect(one.servers.map(({ name, runtime, isolated }) => ({ name, runtime, isolated }))).toEqual([
      { name: 'spending', runtime: 'process', isolated: false },
      { name: 'mcp-server-sms', runtime: 'process', isolated: false },
    ]);
    expect(one).toMatchObject({ gaps: [], audit: { problem: undefined, lines: first.audit?.lines } });
  }
  const ofLog = (one: Story) => one.moments.flatMap(({ audit }) => audit?.line ?? []);
  const all = new Set([...ofLog(first), ...ofLog(second), ...ofLog(third)]);
  const ends = third.moments.flatMap(({ facts }) => facts.filter(([name]) => name === 'its end in the log'));
  expect(all.size + ends.length).toBe(first.audit?.lines);
});

test('a server that died during a run ended early on its page, and ran on the pages of those before', async () => {
  const { ids, story } = await conversation(async (running) => {
    await Promise.all(running.map((server) => server.stop()));
    // What ended them is on record as soon as others were told.
    await setImmediate();
  });
  const [first, , third] = ids.map(story) as [Story, Story, Story];
  expect(first.servers.map(({ ended }) => ended)).toEqual([undefined, undefined]);
  for (const { name, ended } of third.servers) {
    expect(ended).toMatch(/^(exit code \d+|SIG[A-Z]+)$/);
    expect(titles(third, `server:${name}`)).toEqual([`failed ended early: ${ended}`]);
  }
});

test('a log that was changed, is gone, or has another name is said, and no other file is read', async () => {
  const { state, ids, story } = await conversation();
  const [log = ''] = runLogs(state);
  const text = readFileSync(log, 'utf8');
  writeFileSync(
    partFile(log, 1),
    text.replace('this recipient is not allowed', 'this recipient is now allowed'),
  );
  expect(story(ids[1])).toMatchObject({
    audit: { problem: expect.stringMatching(/^line \d+ was changed$/) },
    gaps: [expect.stringContaining('the audit log is not as it was written')],
  });
  // The record says it too.
  expect(titles(story(ids[1]), 'door')).toEqual(['stopped send_sms to +…0199']);

  const file = runFile(state, ids[1] ?? '');
  const record = readFileSync(file, 'utf8');
  const [name = ''] = readdirSync(join(state, 'audit'));
  writeFileSync(join(state, name), text);
  for (const other of [`../${name}`, join(state, name), `./${name}`, 'none.jsonl', '']) {
    writeFileSync(file, record.replace(`"log":"${name}"`, `"log":${JSON.stringify(other)}`));
    expect(story(ids[1])).toMatchObject({
      audit: undefined,
      gaps: ['its audit log is not in the state folder'],
    });
  }
  writeFileSync(file, record.replace(/,"audit":\{.*?\}\}/, ''));
  expect(story(ids[1])).toMatchObject({
    audit: undefined,
    gaps: ['the record does not say which audit log is its own'],
  });
});

test('a ledger that cannot be read leaves the texts that the server named', async () => {
  const { state, ids, story } = await conversation();
  writeFileSync(join(state, 'ledger.db'), 'no database');
  const first = story(ids[0]);
  expect(first.texts).toMatchObject([{ state: 'sent' }]);
  expect(titles(first, 'phone')).toEqual(['passed sent']);
  expect(first.gaps).toEqual([expect.stringMatching(/^texts are shown without the ledger: .* is damaged$/)]);
});

test('a forged log hides nothing and stops no page: what cannot be read is said', async () => {
  const { state, ids, story } = await conversation();
  const [log = ''] = runLogs(state);
  const text = readFileSync(log, 'utf8');
  for (const json of Object.values(HOSTILE_JSON)) {
    writeFileSync(log, text + forgedLines(json).join(''));
    const second = story(ids[1]);
    expect(titles(second, 'door')).toContain('stopped send_sms to +…0199');
    expect(second.gaps).toEqual([expect.stringContaining('the audit log is not as it was written')]);
    const { pieces } = await runPage(second);
    expect([...pieces].join('')).not.toMatch(/<script>alert|[\p{Bidi_Control}]|\bNaN\b/u);
  }
});

test('long lines of a log do not stay in memory', async () => {
  const { state, ids } = await conversation();
  const [log = ''] = runLogs(state);
  for (let n = 0; n < 200; n += 1)
    appendFileSync(
      log,
      forgedLine({
        event: '"egress"',
        verdict: '"denied"',
        server: `"server ${n} ${'x'.repeat(450_000)}"`,
        host: '"a.example"',
        port: String(n),
        reason: `"reason ${n} ${'x'.repeat(450_000)}"`,
      }),
    );
  const { code, stderr } = await spendwise(
    ['runs', 'show', ids[0] ?? '', '--html', join(state, 'page.html')],
    {
      env: { SPENDWISE_STATE_DIR: state, NODE_OPTIONS: '--max-old-space-size=100' },
    },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
