import { expect, test } from 'vitest';
import { calls, result, row, used } from '../../../../support/run-events.ts';
import { BEGAN } from '../../../../support/run-parts.ts';
import { briefly, on, tell } from './tell.ts';

test('texts that others sent meanwhile are not of this run; without its row, a text is as the server said', () => {
  const cron = row({ id: 2, tool: 'send_budget_alert', sid: 'SM2' });
  const other = row({ id: 3, sid: 'SM3' });
  const later = row({ id: 4, reservedAt: new Date(BEGAN + 300), sid: undefined });
  const story = tell([used(50), calls(60), result(200)], [], { rows: [cron, other, later] });
  expect(story.texts).toEqual([{ to: '', body: 'hello', state: 'sent' }]);
  expect(briefly(story, 'phone')).toEqual(['200 passed sent']);
  expect(on(story, 'phone')[0]?.facts).toContainEqual(['sid', 'SM1']);
});
