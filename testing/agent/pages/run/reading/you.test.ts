import { expect, test } from 'vitest';
import { calls, consent, SMS } from '../../../../support/run-events.ts';
import { on, tell } from './tell.ts';

test.each([
  [false, 'no; a free text'],
  [undefined, 'no answer: the question was interrupted; a free text'],
  [true, 'a free text'],
])('an answer of %s is part of its reason', (approved, because) => {
  const asked = { type: 'approval', tool: 'send_sms', because: 'a free text' } as const;
  const story = tell([calls(60), [75, { ...asked, ...(approved !== undefined && { approved }) }]]);
  expect(on(story, 'you').at(-1)?.because).toBe(because);
});

test('a permission that was granted says how', () => {
  const [grant] = on(tell([], [[-20, consent(SMS, 'env var: X', 'granted', '--yes')]]), 'you');
  expect(grant).toMatchObject({ verdict: 'passed', title: 'granted: env var: X', because: '--yes' });
});

test('a permission that you refused is stopped, and its title alone says by whom', () => {
  const [refusal] = on(tell([], [[-20, consent(SMS, 'env var: X', 'refused')]]), 'you');
  expect(refusal).toMatchObject({ verdict: 'stopped', title: 'refused: env var: X', because: undefined });
});
