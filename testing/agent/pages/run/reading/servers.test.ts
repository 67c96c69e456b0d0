import { expect, test } from 'vitest';
import { NO_COUNTS, type Story } from '../../../../../agent/pages/run/story.ts';
import type { AuditEvent } from '../../../../../agent/sandbox/audit/line.ts';
import { consent, egress, SMS, started, stopped, toolCall } from '../../../../support/run-events.ts';
import { type Logged, logOf } from '../../../../support/run-parts.ts';
import { briefly, on, tell } from './tell.ts';

const LANE = `server:${SMS}` as const;

test('each line of a log that three runs share is on a page, and nothing but servers on two', () => {
  const log: Logged[] = [
    [-30, consent(SMS, 'env var: A', 'refused')],
    [-20, started()],
    [-10, egress('at-start.example')],
    [10, egress('first.example')],
    [20, egress('second.example')],
    [30, egress('third.example')],
    [950, stopped()],
  ];
  const windows = [
    { from: 3, until: 4, isFirst: true },
    { from: 4, until: 5, isFirst: false },
    { from: 5, until: Number.POSITIVE_INFINITY, isFirst: false },
  ];
  const stories = windows.map((window) => tell([], [], { log: logOf(log, window) }));
  expect(stories.map((story) => on(story, 'broker').map(({ title }) => title))).toEqual([
    ['at-start.example:443', 'first.example:443'],
    ['second.example:443'],
    ['third.example:443'],
  ]);
  for (const story of stories) {
    expect(story.servers[0]).toMatchObject({ runtime: 'docker', refused: ['env var: A'] });
    expect(briefly(story, 'you')).toContain('-30 stopped refused: env var: A');
    expect(story.audit?.lines).toBe(7);
  }
  // The server ran on while the first run ended.
  expect(briefly(stories[0] as Story, LANE)).toEqual(['-20 10 plain sandbox: docker']);
  expect(briefly(stories[2] as Story, LANE)).toEqual(['-20 950 plain sandbox: docker']);
});

test('what SpendWise asks of a server by itself is no call of the model', () => {
  const { servers } = tell([], [[10, toolCall({ tool: 'find_messages' })]]);
  expect(servers).toMatchObject([{ calls: NO_COUNTS, own: 1 }]);
});

test('of two starts of a server, one without a sandbox is said', () => {
  const open = { ...started(), isolated: false } as AuditEvent;
  for (const [first, second] of [
    [open, started()],
    [started(), open],
  ] as const)
    expect(
      tell(
        [],
        [
          [0, first],
          [1, second],
        ],
      ).servers[0],
    ).toMatchObject({ isolated: false });
});

test('a server that ended before the run did is no sandbox like the others, unless it was started again', () => {
  const crash: Logged[] = [
    [-10, started()],
    [40, stopped('exit code 4')],
  ];
  const story = tell([], crash);
  expect(story.servers).toMatchObject([{ name: SMS, isolated: true, ended: 'exit code 4' }]);
  expect(briefly(story, LANE)).toEqual(['-10 40 failed ended early: exit code 4']);
  expect(story.lanes).toContainEqual({ id: LANE, name: SMS, about: 'ENDED: exit code 4' });
  const again = tell([], [...crash, [50, started()]]);
  expect(again.servers).toMatchObject([{ ended: undefined }]);
  expect(again.lanes).toContainEqual({ id: LANE, name: SMS, about: 'sandbox: docker' });
});
