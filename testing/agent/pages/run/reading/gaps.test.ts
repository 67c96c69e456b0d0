import { expect, test } from 'vitest';
import { headline } from '../../../../../agent/pages/run/headline.ts';
import { calls, egress, request, result, SMS } from '../../../../support/run-events.ts';
import { type Logged, logOf, recordOf } from '../../../../support/run-parts.ts';
import { briefly, on, tell } from './tell.ts';

test('a changed log, damaged lines and unknown events are said', () => {
  const log = [1, 2, 3].map((ms): Logged => [ms, egress(`host-${ms}.example`)]);
  const changed = logOf(log, {}, (line, number) =>
    number === 2 ? Buffer.from(line.toString().replace('host-2', 'host-9')) : line,
  );
  const run = recordOf([request('x'), [5, { type: 'cut' }]]);
  const story = tell([], [], {
    run: {
      ...run,
      events: [...run.events, { type: 'of-tomorrow', time: '2026-11-29T09:41:01.000Z' }],
      damaged: [4, 7],
      tooLong: true,
    },
    log: changed,
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
  const none = tell([calls(60), result(200)], [], { log: 'there is none' });
  expect(briefly(none, `server:${SMS}`)).toEqual(['60 200 passed send_sms']);
  expect(none).toMatchObject({ audit: undefined, gaps: ['there is none'] });
  const empty = tell([], [], { run: recordOf([]), log: 'there is none' });
  expect(empty).toMatchObject({ outcome: 'broke off', moments: [], texts: [], began: 0 });
});

test('what a full log has no room for is a gap, and the headline claims no more', () => {
  const full = { event: 'log_full', server: SMS, bytes: 1_000 } as const;
  const story = tell(
    [],
    [
      [5, full],
      [6, full],
    ],
  );
  expect(story.gaps).toEqual(['the audit log reached its size limit: what happened later is not in it']);
  expect(headline(story)).toBe('No text went out; nothing is known to have been stopped');
});
