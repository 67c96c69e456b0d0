import { expect, test } from 'vitest';
import { calls, egress, note, policy, refused, used } from '../../../../support/run-events.ts';
import { brief, on, tell } from './tell.ts';

test('what is played after a note says so, in the record and in the log', () => {
  const model = 'Here the demo plays a model that was talked into it.';
  const server = 'Here the demo plays a server.';
  const story = tell(
    [
      used(50),
      [60, { type: 'answer', text: 'Done.' }],
      note(70, model, true),
      calls(80),
      refused(90, 'not allowed'),
      note(90, server, true),
    ],
    [
      [10, egress('early.example')],
      [90, policy('denied', 'not allowed')],
      [110, egress('late.example')],
      [950, egress('after.example')],
    ],
  );
  const playedBy = (text: string) => story.moments.filter(({ played }) => played === text).map(brief);
  expect(playedBy(model)).toEqual(['80 plain sms__send_sms', '90 stopped send_sms']);
  expect(playedBy(server)).toEqual(['110 stopped late.example:443']);
  expect(on(story, 'door')[0]?.thread).toBe(on(story, 'demo')[1]?.n);
});

test('a call is played by the note before it, though the next note is of the same millisecond', () => {
  const story = tell(
    [note(70, 'the first', true), calls(70), refused(70, 'not allowed'), note(70, 'the second', true)],
    [
      [70, policy('denied', 'not allowed')],
      [71, egress('late.example')],
    ],
  );
  expect(story.moments.filter(({ verdict }) => verdict === 'stopped').map(({ played }) => played)).toEqual([
    'the first',
    'the second',
  ]);
});
