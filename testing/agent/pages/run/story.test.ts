import { expect, test } from 'vitest';
import type { IntentRow } from '../../../../agent/alerts/ledger/row.ts';
import { headline } from '../../../../agent/pages/run/opening.ts';
import { countOf, stopsOf } from '../../../../agent/pages/run/outcome.ts';
import { storyOf } from '../../../../agent/pages/run/reading/story-of.ts';
import { steps } from '../../../../agent/pages/run/steps.ts';
import type { Moment, Story } from '../../../../agent/pages/run/story.ts';
import type { AuditEvent } from '../../../../agent/sandbox/audit/line.ts';
import {
  BEGAN,
  LOG,
  type Logged,
  logOf,
  type Recorded,
  recordOf,
  request,
} from '../../../support/run-parts.ts';

const SMS = 'mcp-server-sms';
const started = (server: string): AuditEvent => ({
  event: 'start',
  server,
  runtime: 'docker',
  isolated: true,
  manifest: 'm'.repeat(64),
  source: 'sandbox.json',
});
const egress = (host: string, verdict: 'allowed' | 'denied' | 'failed', port = 443): AuditEvent => ({
  event: 'egress',
  server: SMS,
  host,
  port,
  verdict,
  reason: verdict === 'denied' ? 'this domain was not granted' : 'granted',
});
const policy = (tool: string, verdict: 'allowed' | 'asked' | 'denied', reason = ''): AuditEvent => ({
  event: 'policy',
  server: 'sms',
  tool,
  verdict,
  reason,
});
const toolCall = (tool: string, denied?: string): AuditEvent => ({
  event: 'tool_call',
  server: SMS,
  tool,
  ...(denied === undefined ? {} : { denied }),
});

const SENT = { status: 'queued', sid: 'SM1', body: 'hello' };
const calls = (ms: number, name: string, args: object = {}): Recorded => [
  ms,
  { type: 'call', call: { callId: `c${ms}`, name, arguments: JSON.stringify(args) } },
];
const result = (
  ms: number,
  from: number,
  tool: string,
  structured: Record<string, unknown> = SENT,
): Recorded => [
  ms,
  {
    type: 'outcome',
    call: { callId: `c${from}`, name: `sms__${tool}`, arguments: '{}' },
    outcome: {
      kind: 'result',
      call: { server: 'sms', tool, args: {} },
      result: { isError: false, text: JSON.stringify(structured), structured },
    },
  },
];
const denied = (ms: number, from: number, tool: string, reason: string): Recorded => [
  ms,
  {
    type: 'outcome',
    call: { callId: `c${from}`, name: `sms__${tool}`, arguments: '{}' },
    outcome: { kind: 'denied', call: { server: 'sms', tool, args: {} }, reason },
  },
];
const used = (ms: number, count: number, estimatedCostUsd?: number): Recorded => [
  ms,
  {
    type: 'usage',
    usage: { calls: count, inputTokens: 1_000 * count, outputTokens: 10 * count, estimatedCostUsd },
  },
];
const ended: Recorded = [900, { type: 'end', outcome: 'answered' }];

const row = (more: Partial<IntentRow>): IntentRow => ({
  id: 1,
  state: 'sent',
  tool: 'send_sms',
  alert: undefined,
  recipient: '+12025550143',
  body: 'hello, call +12025550143',
  sid: 'SM1',
  reason: undefined,
  reservedAt: new Date(BEGAN + 130),
  sendingAt: new Date(BEGAN + 140),
  settledAt: new Date(BEGAN + 180),
  ...more,
});

const tell = (
  record: readonly Recorded[],
  log: readonly Logged[],
  more: Partial<Parameters<typeof storyOf>[0]> = {},
) => storyOf({ run: recordOf(record), log: logOf(log), rows: [], gaps: [], ...more });
const on = (story: Story, lane: string): Moment[] => story.moments.filter((moment) => moment.lane === lane);
const brief = ({ from, to, verdict, title }: Moment) =>
  [from - BEGAN, ...(to === undefined ? [] : [to - BEGAN]), verdict, title].join(' ');

test('a call is one thread from the model through the door, the server and the broker to the phone', () => {
  const story = tell(
    [
      request('say hello', 2),
      [20, { type: 'text', delta: 'I will.' }],
      used(50, 1, 0.002),
      calls(60, 'sms__send_sms', { message: 'hello' }),
      [
        115,
        { type: 'approval', tool: 'send_sms', because: 'a free text', recipient: '+…0143', approved: true },
      ],
      result(200, 60, 'send_sms'),
      used(300, 2, 0.0045),
      [310, { type: 'answer', text: 'Done.' }],
      ended,
    ],
    [
      [
        -20,
        {
          event: 'consent',
          server: SMS,
          permission: 'Allow access to domain: api.twilio.com:443',
          verdict: 'granted',
        },
      ],
      [-10, started(SMS)],
      [70, policy('send_sms', 'asked', 'a free text')],
      [116, { event: 'approval', server: 'sms', tool: 'send_sms', verdict: 'granted' }],
      [120, policy('send_sms', 'asked', 'a free text')],
      [150, toolCall('send_sms')],
      [170, egress('api.twilio.com', 'allowed')],
      [950, { event: 'stop', server: SMS, how: 'exit code 0' }],
    ],
    { rows: [row({})] },
  );
  expect(on(story, 'you').map(brief)).toEqual([
    '-20 passed granted: domain: api.twilio.com:443',
    '0 plain say hello',
    '70 116 passed send_sms to +…0143?',
    '310 plain the answer',
  ]);
  expect(on(story, 'model').map(brief)).toEqual(['0 50 plain sms__send_sms', '200 300 plain answered']);
  expect(on(story, 'model').map(({ facts }) => facts)).toEqual([
    [
      ['tokens', '1,000 in, 10 out'],
      ['cost', 'about $0.0020'],
    ],
    [
      ['tokens', '1,000 in, 10 out'],
      ['cost', 'about $0.0025'],
    ],
  ]);
  expect(on(story, 'door').map(brief)).toEqual(['70 asked send_sms', '120 asked send_sms']);
  expect(on(story, `server:${SMS}`).map(brief)).toEqual([
    '-10 950 plain sandbox: docker',
    '150 200 passed send_sms',
  ]);
  expect(on(story, 'broker').map(brief)).toEqual(['170 passed api.twilio.com:443']);
  expect(on(story, 'phone').map(brief)).toEqual([
    '130 plain reserved',
    '140 plain sending',
    '180 passed sent',
  ]);
  const [first] = on(story, 'model');
  const thread = story.moments.filter(({ thread }) => thread === first?.n).map(({ lane }) => lane);
  expect(new Set(thread)).toEqual(new Set(['model', 'door', 'you', `server:${SMS}`, 'broker', 'phone']));
  const [, call] = on(story, `server:${SMS}`);
  expect(call?.bodies).toEqual([
    { name: 'arguments', text: '{"message":"hello"}' },
    {
      name: 'result, as the model saw it',
      text: '{"untrusted_data_from":"sms.send_sms","data":{"status":"queued","sid":"SM1","body":"hello"}}',
    },
  ]);
  expect(call?.audit).toMatchObject({ line: 6, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(JSON.parse(call?.audit?.text ?? '')).toMatchObject({
    line: 6,
    event: 'tool_call',
    hash: call?.audit?.hash,
  });
  expect(story.texts).toEqual([
    { to: '+…0143', body: 'hello, call +…0143', state: 'sent', sid: 'SM1', time: BEGAN + 180 },
  ]);
  expect(story.servers).toMatchObject([
    {
      name: SMS,
      runtime: 'docker',
      isolated: true,
      granted: ['domain: api.twilio.com:443'],
      calls: { passed: 1, stopped: 0, failed: 0 },
      hosts: [{ host: 'api.twilio.com', port: 443, counts: { passed: 1, stopped: 0, failed: 0 } }],
    },
  ]);
  expect(story).toMatchObject({
    answer: 'Done.',
    outcome: 'answered',
    began: BEGAN,
    ended: BEGAN + 900,
    gaps: [],
  });
  expect(story.audit).toMatchObject({ log: LOG, lines: 8, problem: undefined });
  expect(story.moments.map(({ n }) => n)).toEqual(story.moments.map((_, index) => index + 1));
});

test.each<[string, readonly Recorded[], readonly Logged[], string[]]>([
  [
    'by the policy',
    [calls(60, 'sms__send_sms'), denied(80, 60, 'send_sms', 'not allowed')],
    [[70, policy('send_sms', 'denied', 'not allowed')]],
    ['door 70 stopped send_sms'],
  ],
  [
    'by you',
    [
      calls(60, 'sms__send_sms'),
      [75, { type: 'approval', tool: 'send_sms', because: 'a free text', approved: false }],
      denied(80, 60, 'send_sms', 'the user said no'),
    ],
    [
      [70, policy('send_sms', 'asked', 'a free text')],
      [76, { event: 'approval', server: 'sms', tool: 'send_sms', verdict: 'refused' }],
    ],
    ['you 70 76 stopped send_sms to nobody?'],
  ],
  [
    'because nobody could be asked',
    [
      calls(60, 'sms__send_sms'),
      denied(80, 60, 'send_sms', 'a free text, and there is no terminal to ask on'),
    ],
    [[70, policy('send_sms', 'asked', 'a free text')]],
    ['door 80 stopped send_sms'],
  ],
  [
    "by the sandbox's gate",
    [calls(60, 'sms__send_sms'), result(80, 60, 'send_sms', {})],
    [
      [70, policy('send_sms', 'allowed')],
      [72, toolCall('send_sms', 'this tool was left out')],
    ],
    [`server:${SMS} 72 stopped send_sms`],
  ],
  [
    'because there is no such tool',
    [
      calls(60, 'sms__nothing'),
      [
        80,
        {
          type: 'outcome',
          call: { callId: 'c60', name: 'sms__nothing', arguments: '{}' },
          outcome: { kind: 'invalid', name: 'sms__nothing', reason: 'there is no tool sms__nothing' },
        },
      ],
    ],
    [],
    ['door 80 stopped sms__nothing'],
  ],
  [
    'without a log',
    [calls(60, 'sms__send_sms'), denied(80, 60, 'send_sms', 'not allowed')],
    [],
    ['door 80 stopped send_sms'],
  ],
])('a call that was stopped %s is stopped once, with its reason', (_, record, log, stopped) => {
  const story = tell([request('x', 0), used(50, 1), ...record, ended], log);
  const stops = story.moments.filter(({ verdict }) => verdict === 'stopped');
  expect(stops.map((moment) => `${moment.lane} ${brief(moment)}`)).toEqual(stopped);
  expect(stops[0]?.because).not.toBe(undefined);
  expect(stops[0]?.bodies[0]?.name).toBe('arguments');
  expect(stops[0]?.thread).toBe(on(story, 'model')[0]?.n);
  expect(story.texts).toEqual([]);
});

test.each([
  [false, 'no; a free text'],
  [undefined, 'no answer: the question was interrupted; a free text'],
  [true, 'a free text'],
])('an answer of %s is part of its reason', (approved, because) => {
  const asked = { type: 'approval', tool: 'send_sms', because: 'a free text' } as const;
  const story = tell(
    [
      request('x', 0),
      calls(60, 'sms__send_sms'),
      [75, { ...asked, ...(approved !== undefined && { approved }) }],
    ],
    [],
  );
  expect(on(story, 'you').at(-1)?.because).toBe(because);
});

test('a permission that you refused is stopped, and its title alone says by whom', () => {
  const refused = {
    event: 'consent',
    server: SMS,
    permission: 'Allow access to env var: X',
    verdict: 'refused',
  } as const;
  const story = tell([request('x', 1)], [[-20, refused]]);
  expect(on(story, 'you')[0]).toMatchObject({ verdict: 'stopped', title: 'refused: env var: X' });
  expect(on(story, 'you')[0]?.because).toBe(undefined);
});

test('two calls in the same millisecond keep their own lines', () => {
  const story = tell(
    [
      request('x', 0),
      used(50, 1),
      calls(60, 'sms__send_sms', { message: 'one' }),
      result(60, 60, 'send_sms'),
      calls(60, 'sms__send_sms', { message: 'two' }),
      denied(60, 60, 'send_sms', 'twice'),
      ended,
    ],
    [
      [60, policy('send_sms', 'allowed')],
      [60, toolCall('send_sms')],
      [60, policy('send_sms', 'denied', 'twice')],
    ],
  );
  expect(on(story, 'door').map(({ bodies }) => bodies[0]?.text)).toEqual([
    '{"message":"one"}',
    '{"message":"two"}',
  ]);
  expect(on(story, `server:${SMS}`)).toHaveLength(1);
  expect(on(story, 'model')[0]?.title).toBe('sms__send_sms, sms__send_sms');
  expect(new Set(on(story, 'door').map(({ thread }) => thread)).size).toBe(2);
});

test('what the policy stopped is on the page where the record has lost the call, at the server it was for', () => {
  const story = tell([request('x', 0), ended], [[60, policy('send_sms', 'denied', 'not allowed')]]);
  expect(on(story, 'door').map(brief)).toEqual(['60 stopped send_sms']);
  expect(story.servers).toMatchObject([{ name: SMS, calls: { passed: 0, stopped: 1, failed: 0 } }]);
});

test('what SpendWise asks of a server by itself is no call of the model', () => {
  const story = tell([request('x', 0), ended], [[10, toolCall('find_messages')]]);
  expect(story.servers).toMatchObject([{ calls: { passed: 0, stopped: 0, failed: 0 }, own: 1 }]);
});

test('what is played after a note says so, in the record and in the log', () => {
  const note = 'Here the demo plays a model that was talked into it.';
  const story = tell(
    [
      request('x', 0),
      used(50, 1),
      [60, { type: 'answer', text: 'Done.' }],
      [70, { type: 'note', text: note, plays: true }],
      calls(80, 'sms__send_sms'),
      denied(90, 80, 'send_sms', 'not allowed'),
      [90, { type: 'note', text: 'Here the demo plays a server.', plays: true }],
      ended,
    ],
    [
      [10, egress('early.example', 'denied')],
      [90, policy('send_sms', 'denied', 'not allowed')],
      [110, egress('late.example', 'denied')],
      [950, egress('after.example', 'denied')],
    ],
  );
  const playedBy = (text: string) => story.moments.filter(({ played }) => played === text).map(brief);
  expect(playedBy(note)).toEqual(['80 plain sms__send_sms', '90 stopped send_sms']);
  expect(playedBy('Here the demo plays a server.')).toEqual(['110 stopped late.example:443']);
  expect(on(story, 'door')[0]?.thread).toBe(on(story, 'demo')[1]?.n);
});

test('a call is played by the note before it, though the next note is of the same millisecond', () => {
  const story = tell(
    [
      request('x', 0),
      [70, { type: 'note', text: 'the first', plays: true }],
      calls(70, 'sms__send_sms'),
      denied(70, 70, 'send_sms', 'not allowed'),
      [70, { type: 'note', text: 'the second', plays: true }],
      ended,
    ],
    [
      [70, policy('send_sms', 'denied', 'not allowed')],
      [71, egress('late.example', 'denied')],
    ],
  );
  expect(story.moments.filter(({ verdict }) => verdict === 'stopped').map(({ played }) => played)).toEqual([
    'the first',
    'the second',
  ]);
});

test('each line of a log that three runs share is on a page, and nothing but servers on two', () => {
  const log: Logged[] = [
    [-30, { event: 'consent', server: SMS, permission: 'Allow access to env var: A', verdict: 'refused' }],
    [-20, started(SMS)],
    [-10, egress('at-start.example', 'denied')],
    [10, egress('first.example', 'denied')],
    [20, egress('second.example', 'denied')],
    [30, egress('third.example', 'denied')],
    [950, { event: 'stop', server: SMS, how: 'exit code 0' }],
  ];
  const windows = [
    { from: 3, until: 4, isFirst: true },
    { from: 4, until: 5, isFirst: false },
    { from: 5, until: Number.POSITIVE_INFINITY, isFirst: false },
  ];
  const stories = windows.map((window) =>
    tell([request('x', window.from), ended], [], { log: logOf(log, window) }),
  );
  expect(stories.map((story) => on(story, 'broker').map(({ title }) => title))).toEqual([
    ['at-start.example:443', 'first.example:443'],
    ['second.example:443'],
    ['third.example:443'],
  ]);
  for (const story of stories) {
    expect(story.servers[0]).toMatchObject({ runtime: 'docker', refused: ['env var: A'] });
    expect(on(story, 'you').map(brief)).toContain('-30 stopped refused: env var: A');
    expect(story.audit?.lines).toBe(7);
  }
  // The server ran on while the first run ended.
  expect(on(stories[0] as Story, `server:${SMS}`).map(brief)).toEqual(['-20 10 plain sandbox: docker']);
  expect(on(stories[2] as Story, `server:${SMS}`).map(brief)).toEqual(['-20 950 plain sandbox: docker']);
});

test('a run that broke off in a call shows it open, and its text as not known', () => {
  const story = tell(
    [request('x', 1), used(50, 1), calls(60, 'sms__send_sms', { message: 'hello' })],
    [
      [-10, started(SMS)],
      [70, policy('send_sms', 'allowed')],
      [150, toolCall('send_sms')],
      [170, egress('api.twilio.com', 'allowed')],
    ],
    { rows: [row({ state: 'unknown', sid: undefined, settledAt: undefined })] },
  );
  expect(story).toMatchObject({ outcome: 'broke off', ended: undefined, texts: [{ state: 'unknown' }] });
  expect(on(story, `server:${SMS}`).map(brief)).toEqual([
    '-10 170 plain sandbox: docker',
    '150 170 unknown send_sms',
  ]);
  expect(on(story, 'phone').map(brief)).toEqual(['130 plain reserved', '140 unknown sending']);
  expect(story.servers[0]?.calls).toEqual({ passed: 0, stopped: 0, failed: 0, unknown: 1 });
});

test('texts that others sent meanwhile are not of this run; without its row, a text is as the server said', () => {
  const record = [
    request('x', 0),
    used(50, 1),
    calls(60, 'sms__send_sms'),
    result(200, 60, 'send_sms'),
    ended,
  ];
  const cron = row({ id: 2, tool: 'send_budget_alert', sid: 'SM2' });
  const other = row({ id: 3, sid: 'SM3' });
  const later = row({ id: 4, reservedAt: new Date(BEGAN + 300), sid: undefined });
  const story = tell(record, [], { rows: [cron, other, later] });
  expect(story.texts).toEqual([{ to: '', body: 'hello', state: 'sent', sid: 'SM1', time: BEGAN + 200 }]);
  expect(on(story, 'phone').map(brief)).toEqual(['200 passed sent']);
});

test('a changed log, damaged lines and unknown events are said', () => {
  const log: Logged[] = [1, 2, 3].map((ms) => [ms, egress(`host-${ms}.example`, 'denied')]);
  const changed = logOf(log, {}, (line, number) =>
    number === 2 ? Buffer.from(line.toString().replace('host-2', 'host-9')) : line,
  );
  const run = recordOf([request('x', 0), [5, { type: 'cut' }], ended]);
  const story = storyOf({
    run: {
      ...run,
      events: [...run.events, { type: 'of-tomorrow', time: '2026-11-29T09:41:01.000Z' }],
      damaged: [4, 7],
      tooLong: true,
    },
    log: changed,
    rows: [],
    gaps: ['the ledger is gone'],
  });
  expect(story.audit?.problem).toBe('line 2 was changed');
  expect(on(story, 'broker').map(({ title }) => title)).toEqual(['host-1.example:443', 'host-3.example:443']);
  expect(story.gaps).toEqual([
    'the ledger is gone',
    'lines of the record are damaged and left out: 4, 7',
    expect.stringContaining('over the size limit'),
    expect.stringContaining('reached its size limit'),
    expect.stringContaining('1 events of a kind'),
    'the audit log is not as it was written: line 2 was changed',
  ]);
});

test('without a log, or without a first line, there is a story still', () => {
  const none = tell([request('x', 0), calls(60, 'sms__send_sms'), result(200, 60, 'send_sms'), ended], [], {
    log: 'there is none',
  });
  expect(on(none, `server:${SMS}`).map(brief)).toEqual(['60 200 passed send_sms']);
  expect(none).toMatchObject({ audit: undefined, gaps: ['there is none'] });
  const empty = storyOf({ run: recordOf([]), log: 'there is none', rows: [], gaps: [] });
  expect(empty).toMatchObject({ outcome: 'broke off', moments: [], texts: [], began: 0 });
});

test('a hundred thousand equal denials are one moment, and no memory', () => {
  function* flood(): Generator<Logged> {
    for (let at = 0; at < 100_000; at += 1) yield [at, egress('evil.example', 'denied', 53)];
  }
  const story = storyOf({ run: recordOf([request('x', 0), ended]), log: logOf(flood()), rows: [], gaps: [] });
  const [only, ...others] = on(story, 'broker');
  expect(others).toEqual([]);
  expect(only).toMatchObject({ times: 100_000, from: BEGAN, to: BEGAN + 99_999, audit: { line: 1 } });
  expect(only?.facts).toContainEqual(['lines of the log', '1 to 100000']);
  expect(story.servers[0]?.hosts[0]?.counts.stopped).toBe(100_000);
});

test('without room, what was let through gives way to what was stopped, and it is said', () => {
  const log: Logged[] = Array.from({ length: 300 }, (_, at) => [
    at,
    egress(`host-${at}.example`, at < 200 ? 'allowed' : 'denied'),
  ]);
  const all = (most: number) =>
    storyOf({ run: recordOf([request('x', 0), ended]), log: logOf(log), rows: [], gaps: [] }, most);
  const story = all(121);
  const verdicts = on(story, 'broker').map(({ verdict }) => verdict);
  expect(verdicts.filter((verdict) => verdict === 'stopped')).toHaveLength(100);
  expect(verdicts).toHaveLength(120);
  expect(story.moments.map(({ n }) => n)).toEqual(Array.from({ length: 121 }, (_, at) => at + 1));
  expect(story.gaps).toContainEqual(
    `180 moments are left out, 0 of which were stopped: there is no room for more; \`spendwise sandbox audit show ${LOG}\` has them all`,
  );
  expect(all(50).gaps).toContainEqual(
    expect.stringMatching(/^251 moments are left out, 51 of which were stopped/),
  );
  // All that was reached is drawn, and some of the rest.
  expect(story.servers[0]?.hosts.slice(0, 200).every(({ counts }) => counts.passed === 1)).toBe(true);
  expect(story.servers[0]?.hosts.at(-1)).toMatchObject({
    host: 'other hosts',
    counts: { passed: 0, stopped: 100, failed: 0 },
  });
});

test('a log that names ever new hosts, reached or not, takes no memory', () => {
  function* flood(): Generator<Logged> {
    for (let at = 0; at < 5_000; at += 1)
      yield [at, egress(`host-${at}.example`, at % 2 ? 'allowed' : 'denied')];
  }
  const story = storyOf(
    { run: recordOf([request('x', 0), ended]), log: logOf(flood()), rows: [], gaps: [] },
    1_000,
  );
  expect(story.moments).toHaveLength(1_000);
  expect(story.servers[0]?.hosts.length).toBeLessThanOrEqual(441);
});

test('fields of a log may hold anything, and are bounded', () => {
  const odd = (record: object): Logged => [5, record as AuditEvent];
  const long = 'x'.repeat(4_000);
  const story = tell(
    [request('x', 0), ended],
    [
      odd({ event: { a: 1 }, server: { toString: 1 } }),
      odd({ event: 'egress', server: null, host: [long], port: {}, verdict: { constructor: 1 } }),
      odd({ event: 'policy', server: '__proto__', tool: 'constructor', verdict: 'constructor' }),
      odd({ event: 'start' }),
      odd({ event: 'stop', how: [long] }),
      odd({ event: 'consent', server: SMS, permission: { long } }),
      odd({}),
      odd({ event: 'tools_left_out', server: SMS, tools: Array.from({ length: 5_000 }, () => 'tool') }),
      ...Array.from({ length: 50 }, (_, at) => odd(started(`server ${at}`))),
    ],
  );
  for (const { title, because = '', facts, audit } of story.moments) {
    for (const text of [title, because, ...facts.flat()]) expect(text.length).toBeLessThan(700);
    expect(audit?.text.length ?? 0).toBeLessThan(4_100);
  }
  const lanes = new Set(story.lanes.map(({ id }) => id));
  expect(story.moments.every(({ lane }) => lanes.has(lane))).toBe(true);
  expect(lanes.size).toBeLessThan(30);
});

test('a long text is cut, and its page says by how much; with many texts there is less room for each', () => {
  const answered: Recorded = [60, { type: 'answer', text: 'y'.repeat(7_000) }];
  const pageOf = (...events: Recorded[]) =>
    [...steps(tell([request('x', 0), ...events, ended], []))].map((piece) => piece.text).join('');
  expect(pageOf(answered)).toContain('y… and 3,000 more characters</pre>');
  const many = Array.from({ length: 199 }, () => answered);
  expect(pageOf(...many)).toContain('y… and 6,400 more characters</pre>');
});

test('no denial hides behind another: each connection of a call counts, and those of each server', () => {
  const story = tell(
    [request('x', 0), calls(10, 'sms__send_sms'), result(90, 10, 'send_sms'), ended],
    [
      [20, policy('send_sms', 'allowed')],
      [30, toolCall('send_sms')],
      [40, egress('one.example', 'denied')],
      [50, egress('two.example', 'denied')],
      [95, egress('same.example', 'denied')],
      [95, { ...egress('same.example', 'denied'), server: 'another' } as AuditEvent],
    ],
  );
  expect(countOf(stopsOf(story))).toBe(4);
  expect(stopsOf(story).map(({ facts }) => facts[0]?.[1])).toEqual([SMS, SMS, SMS, 'another']);
});

test('a denial of a kind that nobody knows is a denial', () => {
  const story = tell(
    [request('x', 0), ended],
    [[5, { event: 'new_in_version_9', server: SMS, verdict: 'denied' } as unknown as AuditEvent]],
  );
  expect(stopsOf(story).map(({ title }) => title)).toEqual(['new_in_version_9']);
});

test('what a full log has no room for is a gap, and the headline claims no more', () => {
  const story = tell([request('x', 0), ended], [[5, { event: 'log_full', server: SMS, bytes: 1_000 }]]);
  expect(story.gaps).toContainEqual('the audit log reached its size limit: what happened later is not in it');
  expect(headline(story)).toBe('No text went out; nothing is known to have been stopped');
});

test('of two starts of a server, one without a sandbox is said', () => {
  const open = { ...started(SMS), isolated: false } as AuditEvent;
  for (const log of [
    [open, started(SMS)],
    [started(SMS), open],
  ])
    expect(
      tell(
        [request('x', 0), ended],
        log.map((event, at): Logged => [at, event]),
      ).servers[0],
    ).toMatchObject({
      isolated: false,
    });
});

test('a server that ended before the run did is no sandbox like the others, unless it was started again', () => {
  const crash: Logged[] = [
    [-10, started(SMS)],
    [40, { event: 'stop', server: SMS, how: 'exit code 4' }],
  ];
  const story = tell([request('x', 0), ended], crash);
  expect(story.servers).toMatchObject([{ name: SMS, isolated: true, ended: 'exit code 4' }]);
  expect(on(story, `server:${SMS}`).map(brief)).toEqual(['-10 40 failed ended early: exit code 4']);
  expect(story.lanes).toContainEqual({ id: `server:${SMS}`, name: SMS, about: 'ENDED: exit code 4' });
  const again = tell([request('x', 0), ended], [...crash, [50, started(SMS)]]);
  expect(again.servers).toMatchObject([{ ended: undefined }]);
  expect(again.lanes).toContainEqual({ id: `server:${SMS}`, name: SMS, about: 'sandbox: docker' });
});

test('calls that were refused in one millisecond, or after a clock was set back, count once each', () => {
  const many = Array.from({ length: 20 }, (_, at): number => (at < 2 ? 5_000 : 60));
  const story = tell(
    [
      request('x', 0),
      used(50, 1),
      ...many.flatMap((ms) => [calls(ms, 'sms__send_sms'), denied(ms, ms, 'send_sms', 'no')]),
      ended,
    ],
    many.map((ms): Logged => [ms, policy('send_sms', 'denied', 'no')]),
  );
  expect(countOf(stopsOf(story))).toBe(20);
  expect(story.servers.map((server) => server.calls.stopped)).toEqual([20]);
});
