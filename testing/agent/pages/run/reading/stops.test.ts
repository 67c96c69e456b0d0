import { expect, test } from 'vitest';
import { countOf, stopsOf } from '../../../../../agent/pages/run/outcome.ts';
import { NO_COUNTS } from '../../../../../agent/pages/run/story.ts';
import type { AuditEvent } from '../../../../../agent/sandbox/audit/line.ts';
import {
  calls,
  egress,
  policy,
  refused,
  result,
  SMS,
  toolCall,
  used,
} from '../../../../support/run-events.ts';
import type { Logged, Recorded } from '../../../../support/run-parts.ts';
import { brief, briefly, on, tell } from './tell.ts';

test.each<[string, readonly Recorded[], readonly Logged[], string]>([
  [
    'by the policy',
    [refused(80, 'not allowed')],
    [[70, policy('denied', 'not allowed')]],
    'door 70 stopped send_sms',
  ],
  [
    'by you',
    [
      [75, { type: 'approval', tool: 'send_sms', because: 'a free text', approved: false }],
      refused(80, 'the user said no'),
    ],
    [
      [70, policy('asked', 'a free text')],
      [76, { event: 'approval', server: 'sms', tool: 'send_sms', verdict: 'refused' }],
    ],
    'you 70 76 stopped send_sms to nobody?',
  ],
  [
    'because nobody could be asked',
    [refused(80, 'a free text, and there is no terminal to ask on')],
    [[70, policy('asked', 'a free text')]],
    'door 80 stopped send_sms',
  ],
  [
    "by the sandbox's gate",
    [result(80, {})],
    [
      [70, policy('allowed')],
      [72, toolCall({ denied: 'this tool was left out' })],
    ],
    `server:${SMS} 72 stopped send_sms`,
  ],
  [
    'because it was not valid',
    [
      [
        80,
        {
          type: 'outcome',
          call: { callId: 'c', name: 'sms__send_sms', arguments: '{}' },
          outcome: { kind: 'invalid', name: 'sms__send_sms', reason: 'its arguments are no JSON' },
        },
      ],
    ],
    [],
    'door 80 stopped sms__send_sms',
  ],
  ['without a log', [refused(80, 'not allowed')], [], 'door 80 stopped send_sms'],
])('a call that was stopped %s is stopped once, with its reason', (_, record, log, stop) => {
  const story = tell([used(50), calls(60), ...record], log);
  const [only, ...others] = story.moments.filter(({ verdict }) => verdict === 'stopped');
  expect(others).toEqual([]);
  expect(only && `${only.lane} ${brief(only)}`).toEqual(stop);
  expect(only?.because).not.toBe(undefined);
  expect(only?.bodies[0]?.name).toBe('arguments');
  expect(only?.thread).toBe(on(story, 'model')[0]?.n);
  expect(story.texts).toEqual([]);
});

test('what the policy stopped is on the page where the record has lost the call, at the server it was for', () => {
  const story = tell([], [[60, policy('denied', 'not allowed')]]);
  expect(briefly(story, 'door')).toEqual(['60 stopped send_sms']);
  expect(story.servers).toMatchObject([{ name: SMS, calls: { ...NO_COUNTS, stopped: 1 } }]);
});

test('no denial hides behind another: each connection of a call counts, and those of each server', () => {
  const story = tell(
    [calls(10), result(90)],
    [
      [20, policy('allowed')],
      [30, toolCall()],
      [40, egress('one.example')],
      [50, egress('two.example')],
      [95, egress('same.example')],
      [95, { ...egress('same.example'), server: 'another' } as AuditEvent],
    ],
  );
  expect(countOf(stopsOf(story))).toBe(4);
  expect(stopsOf(story).map(({ facts }) => facts[0]?.[1])).toEqual([SMS, SMS, SMS, 'another']);
});

test('a denial of a kind that nobody knows is a denial', () => {
  const event = { event: 'new_in_version_9', server: SMS, verdict: 'denied' } as unknown as AuditEvent;
  expect(stopsOf(tell([], [[5, event]])).map(({ title }) => title)).toEqual(['new_in_version_9']);
});
