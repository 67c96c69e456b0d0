import { expect, test } from 'vitest';
import { storyOf } from '../../../../../agent/pages/run/reading/story-of.ts';
import { steps } from '../../../../../agent/pages/run/steps.ts';
import { NO_COUNTS } from '../../../../../agent/pages/run/story.ts';
import type { AuditEvent } from '../../../../../agent/sandbox/audit/line.ts';
import { egress, request, SMS, started } from '../../../../support/run-events.ts';
import { BEGAN, LOG, type Logged, logOf, type Recorded, recordOf } from '../../../../support/run-parts.ts';
import { on, tell } from './tell.ts';

const MANY = 100_000;

test('twenty thousand equal denials are one moment', () => {
  function* flood(): Generator<Logged> {
    for (let at = 0; at < MANY; at += 1) yield [at, egress('evil.example', 'denied', 53)];
  }
  const story = tell([], flood());
  const [only, ...others] = on(story, 'broker');
  expect(others).toEqual([]);
  expect(only).toMatchObject({ times: MANY, from: BEGAN, to: BEGAN + MANY - 1, audit: { line: 1 } });
  expect(only?.facts).toContainEqual(['lines of the log', `1 to ${MANY}`]);
  expect(story.servers[0]?.hosts[0]?.counts.stopped).toBe(MANY);
});

/** With room for so many moments. */
const within = (most: number, log: Iterable<Logged>) =>
  storyOf({ run: recordOf([request('x')]), log: logOf(log), rows: [], gaps: [] }, most);

test('without room, what was let through gives way to what was stopped, and it is said', () => {
  const log = Array.from(
    { length: 300 },
    (_, at): Logged => [at, egress(`host-${at}.example`, at < 200 ? 'allowed' : 'denied')],
  );
  const story = within(121, log);
  const verdicts = on(story, 'broker').map(({ verdict }) => verdict);
  expect(verdicts.filter((verdict) => verdict === 'stopped')).toHaveLength(100);
  expect(verdicts).toHaveLength(120);
  expect(story.moments.map(({ n }) => n)).toEqual(Array.from({ length: 121 }, (_, at) => at + 1));
  expect(story.gaps).toEqual([
    `180 moments are left out, 0 of which were stopped: there is no room for more; \`spendwise sandbox audit show ${LOG}\` has them all`,
  ]);
  expect(within(50, log).gaps).toEqual([
    expect.stringMatching(/^251 moments are left out, 51 of which were stopped/),
  ]);
  // All that was reached is drawn, and some of the rest.
  expect(story.servers[0]?.hosts.slice(0, 200).every(({ counts }) => counts.passed === 1)).toBe(true);
  expect(story.servers[0]?.hosts.at(-1)).toMatchObject({
    host: 'other hosts',
    counts: { ...NO_COUNTS, stopped: 100 },
  });
});

test('a log that names ever new hosts, reached or not, takes no memory', () => {
  function* flood(): Generator<Logged> {
    for (let at = 0; at < 5_000; at += 1)
      yield [at, egress(`host-${at}.example`, at % 2 ? 'allowed' : 'denied')];
  }
  const story = within(1_000, flood());
  expect(story.moments).toHaveLength(1_000);
  expect(story.servers[0]?.hosts.length).toBeLessThanOrEqual(441);
});

test('fields of a log may hold anything, and are bounded', () => {
  const odd = (record: object): Logged => [5, record as AuditEvent];
  const long = 'x'.repeat(4_000);
  const story = tell(
    [],
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
  const pageOf = (...events: Recorded[]) => [...steps(tell(events))].map((piece) => piece.text).join('');
  expect(pageOf(answered)).toContain('y… and 3,000 more characters</pre>');
  const many = Array.from({ length: 199 }, () => answered);
  expect(pageOf(...many)).toContain('y… and 6,400 more characters</pre>');
});
