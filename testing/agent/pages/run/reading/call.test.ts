import { expect, test } from 'vitest';
import { countOf, stopsOf } from '../../../../../agent/pages/run/outcome.ts';
import { NO_COUNTS } from '../../../../../agent/pages/run/story.ts';
import {
  calls,
  consent,
  egress,
  policy,
  refused,
  request,
  result,
  row,
  SMS,
  started,
  stopped,
  toolCall,
  used,
} from '../../../../support/run-events.ts';
import { BEGAN, LOG, type Logged, recordOf } from '../../../../support/run-parts.ts';
import { briefly, on, tell } from './tell.ts';

const aText = tell(
  [
    [20, { type: 'text', delta: 'I will.' }],
    used(50, { estimatedCostUsd: 0.002 }),
    calls(60, { args: { message: 'hello' } }),
    [
      115,
      { type: 'approval', tool: 'send_sms', because: 'a free text', recipient: '+…0143', approved: true },
    ],
    result(200),
    used(300, { calls: 2, inputTokens: 2_000, outputTokens: 20, estimatedCostUsd: 0.0045 }),
    [310, { type: 'answer', text: 'Done.' }],
  ],
  [
    [-20, consent(SMS, 'domain: api.twilio.com:443')],
    [-10, started()],
    [70, policy('asked', 'a free text')],
    [116, { event: 'approval', server: 'sms', tool: 'send_sms', verdict: 'granted' }],
    [120, policy('asked', 'a free text')],
    [150, toolCall()],
    [170, egress('api.twilio.com', 'allowed')],
    [950, stopped()],
  ],
  { rows: [row()] },
);

test('a call is one thread from the model through the door, the server and the broker to the phone', () => {
  expect(briefly(aText, 'you')).toEqual([
    '-20 passed granted: domain: api.twilio.com:443',
    '0 plain x',
    '70 116 passed send_sms to +…0143?',
    '310 plain the answer',
  ]);
  expect(briefly(aText, 'model')).toEqual(['0 50 plain sms__send_sms', '200 300 plain answered']);
  expect(briefly(aText, 'door')).toEqual(['70 asked send_sms', '120 asked send_sms']);
  expect(briefly(aText, `server:${SMS}`)).toEqual([
    '-10 950 plain sandbox: docker',
    '150 200 passed send_sms',
  ]);
  expect(briefly(aText, 'broker')).toEqual(['170 passed api.twilio.com:443']);
  expect(briefly(aText, 'phone')).toEqual(['130 plain reserved', '140 plain sending', '180 passed sent']);
  for (const { facts } of on(aText, 'phone')) expect(facts).toContainEqual(['sid', 'SM1']);
  const [first] = on(aText, 'model');
  const thread = aText.moments.filter(({ thread }) => thread === first?.n).map(({ lane }) => lane);
  expect(new Set(thread)).toEqual(new Set(['model', 'door', 'you', `server:${SMS}`, 'broker', 'phone']));
  expect(aText.moments.map(({ n }) => n)).toEqual(aText.moments.map((_, index) => index + 1));
});

test('a turn of the model has its own tokens and cost', () => {
  expect(on(aText, 'model').map(({ facts }) => facts)).toEqual([
    [
      ['tokens', '1,000 in, 10 out'],
      ['cost', 'about $0.0020'],
    ],
    [
      ['tokens', '1,000 in, 10 out'],
      ['cost', 'about $0.0025'],
    ],
  ]);
});

test('a call has its arguments, its result as the model saw it, and the line of the log that proves it', () => {
  const [, call] = on(aText, `server:${SMS}`);
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
});

test('a story has the answer, the text, the server with its counts, and the state of the log', () => {
  expect(aText).toMatchObject({
    answer: 'Done.',
    outcome: 'answered',
    began: BEGAN,
    ended: BEGAN + 900,
    texts: [{ to: '+…0143', body: 'hello, call +…0143', state: 'sent' }],
    servers: [
      {
        name: SMS,
        runtime: 'docker',
        isolated: true,
        granted: ['domain: api.twilio.com:443'],
        calls: { ...NO_COUNTS, passed: 1 },
        hosts: [{ host: 'api.twilio.com', port: 443, counts: { ...NO_COUNTS, passed: 1 } }],
      },
    ],
    audit: { log: LOG, lines: 8, problem: undefined },
    gaps: [],
  });
});

test('two calls in the same millisecond keep their own lines', () => {
  const story = tell(
    [
      used(50),
      calls(60, { args: { message: 'one' } }),
      result(60),
      calls(60, { args: { message: 'two' } }),
      refused(60, 'twice'),
    ],
    [
      [60, policy('allowed')],
      [60, toolCall()],
      [60, policy('denied', 'twice')],
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

test('calls that were refused in one millisecond, or after a clock was set back, count once each', () => {
  const many = Array.from({ length: 20 }, (_, at): number => (at < 2 ? 5_000 : 60));
  const story = tell(
    [used(50), ...many.flatMap((ms) => [calls(ms), refused(ms, 'no')])],
    many.map((ms): Logged => [ms, policy('denied', 'no')]),
  );
  expect(countOf(stopsOf(story))).toBe(20);
  expect(story.servers.map((server) => server.calls.stopped)).toEqual([20]);
});

test('a run that broke off in a call shows it open, and its text as not known', () => {
  const story = tell(
    [],
    [
      [-10, started()],
      [70, policy('allowed')],
      [150, toolCall()],
      [170, egress('api.twilio.com', 'allowed')],
    ],
    {
      run: recordOf([request('x'), used(50), calls(60)]),
      rows: [row({ state: 'unknown', sid: undefined, settledAt: undefined })],
    },
  );
  expect(story).toMatchObject({ outcome: 'broke off', ended: undefined, texts: [{ state: 'unknown' }] });
  expect(briefly(story, `server:${SMS}`)).toEqual([
    '-10 170 plain sandbox: docker',
    '150 170 unknown send_sms',
  ]);
  expect(briefly(story, 'phone')).toEqual(['130 plain reserved', '140 unknown sending']);
  expect(story.servers[0]?.calls).toEqual({ ...NO_COUNTS, unknown: 1 });
});
