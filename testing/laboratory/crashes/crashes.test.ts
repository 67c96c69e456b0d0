import { expect, test } from 'vitest';
import { ofToday, TODAY } from '../../support/in-full.ts';
import { allOf } from './all-of.ts';
import { runCourse } from './enumerated.ts';
import { PAIR_KINDS, runPair } from './pairs.ts';
import { runRounds, summaryOf } from './rounds.ts';
import { SENDING, someCourses } from './steps.ts';
import { runSummary } from './summary.ts';

/** Who is killed is found under /proc. `npm run crashes` tries every step; here are some, others each day. */
const testOnLinux = test.skipIf(process.platform !== 'linux');
const PARALLEL = 4;

testOnLinux(
  'kill -9 at each step of a send: no text twice, none lost silently, the ledger readable',
  async () => {
    const courses = ofToday(someCourses('process'), 6);
    const verdicts = await allOf(courses, PARALLEL, (course) => runCourse(course, 'process'));
    expect(
      verdicts.flatMap(({ violations }) => violations),
      `SPENDWISE_TEST_DAY=${TODAY}`,
    ).toEqual([]);
    // In the inbox though a crash hid it: found there by the next run.
    expect(verdicts.some(({ settledByLookUp }) => settledByLookUp > 0)).toBe(true);
  },
);

testOnLinux('kill -9 while a summary of ended periods is sent: the same', async () => {
  expect(
    (await allOf(ofToday(SENDING, SENDING.length), PARALLEL, (step) => runSummary(step, 'process'))).flat(),
  ).toEqual([]);
});

testOnLinux('kill -9 at random moments, with faults at Twilio: the same', async () => {
  const options = { runs: 6, runtime: 'process', seed: Date.now() % 2 ** 31, parallel: PARALLEL } as const;
  const figures = await runRounds(options);
  expect(figures.violations, `seed ${options.seed}: ${summaryOf(figures)}`).toEqual([]);
  expect(figures.texts).toBeGreaterThan(0);
});

const pairs = ofToday(PAIR_KINDS, 2);
testOnLinux(
  `two runs at the same moment (today ${pairs.join(', ')}): each alert once, the other says why, both succeed`,
  async () => {
    expect((await allOf(pairs, 2, (kind) => runPair(kind, 'process'))).flat()).toEqual([]);
  },
);
