import { expect, test } from 'vitest';
import { allOf } from './all-of.ts';
import { runCourse } from './enumerated.ts';
import { PAIR_KINDS, runPair } from './pairs.ts';
import { runRounds, summaryOf } from './rounds.ts';
import { someCourses } from './steps.ts';

/** Who is killed is found under /proc. `npm run crashes` tries all of it, and more often. */
const testOnLinux = test.skipIf(process.platform !== 'linux');
const PARALLEL = 4;

testOnLinux(
  'kill -9 at the steps of a send: none twice, none lost in silence, the ledger readable',
  async () => {
    const courses = someCourses('process');
    const verdicts = await allOf(courses, PARALLEL, (course) => runCourse(course, 'process'));
    expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
    // In the inbox though a crash hid it: found there by the next run.
    expect(verdicts.some(({ settledByLookUp }) => settledByLookUp > 0)).toBe(true);
  },
);

testOnLinux('kill -9 at random moments, with faults at Twilio: the same', async () => {
  const options = { runs: 12, runtime: 'process', seed: Date.now() % 2 ** 31, parallel: PARALLEL } as const;
  const figures = await runRounds(options);
  expect(figures.violations, `seed ${options.seed}: ${summaryOf(figures)}`).toEqual([]);
  expect(figures.texts).toBeGreaterThan(0);
});

testOnLinux(
  'two at the same moment, six times: each alert once, the other says why, both end well',
  async () => {
    const kinds = Array.from({ length: 6 }, (_, at) => PAIR_KINDS[at % PAIR_KINDS.length] ?? 'due');
    expect((await allOf(kinds, 2, (kind) => runPair(kind, 'process'))).flat()).toEqual([]);
  },
);
