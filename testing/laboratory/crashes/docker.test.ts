import { expect } from 'vitest';
import { ourContainers, testWithDocker } from '../../support/docker.ts';
import { allOf } from './all-of.ts';
import { runCourse } from './enumerated.ts';
import { runPair } from './pairs.ts';
import { runRounds, summaryOf } from './rounds.ts';
import type { Course } from './steps.ts';

/** What only a pod has: a gateway to kill, and a host with the broker in it. */
const COURSES: readonly Course[] = [
  [{ by: 'Twilio', victim: 'gateway', stage: 'accepted', nth: 1 }],
  [{ by: 'Twilio', victim: 'host', stage: 'reached', nth: 1 }],
];

testWithDocker(
  'in containers: kill -9 of gateway and host during a send and at random; two runs at the same moment',
  async () => {
    const runtime = 'docker';
    const seed = Date.now() % 2 ** 31;
    const verdicts = await allOf(COURSES, 2, (course) => runCourse(course, runtime));
    expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
    const figures = await runRounds({ runs: 3, runtime, seed, parallel: 1 });
    expect(figures.violations, `seed ${seed}: ${summaryOf(figures)}`).toEqual([]);
    expect(await runPair('due', runtime)).toEqual([]);
    // A host that was killed takes its pod along, whatever the pod was doing.
    await expect.poll(ourContainers).toEqual([]);
  },
);
