import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smsManifest } from '../../../agent/app/own-servers.ts';
import { attemptClasses } from '../../../agent/sandbox/drill/classes.ts';
import { Drill } from '../../../agent/sandbox/drill/drill.ts';
import { dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { bubblewrapAvailable, testBubblewrap } from '../../support/bubblewrap.ts';
import { dockerAvailable, seesContainers, testImages } from '../../support/docker.ts';
import { type Canary, startCanary } from './canary.ts';

/** The drill mounts a folder for one of them, which takes root. */
const unmounted = seesContainers ? [] : ['starts/mount-inside'];

const runtimes = [
  {
    kind: 'docker',
    available: dockerAvailable,
    make: () => dockerRuntime({ images: testImages() }),
    missing: unmounted,
  },
  {
    kind: 'bubblewrap',
    available: bubblewrapAvailable,
    make: () => testBubblewrap(),
    // Nobody limits these there: not tried, and said.
    missing: ['limits/cpu', 'limits/memory', ...unmounted],
  },
];

/** The drill on each real runtime, with a canary that the command cannot have: on addresses the world must not have. */
describe.each(runtimes)('$kind', ({ available, make, missing }) => {
  let drill: Drill;
  let canary: Canary;

  beforeAll(async () => {
    if (!available) return;
    canary = await startCanary();
    drill = await Drill.open({
      runtime: make(),
      permissions: smsManifest().runtimePermissions,
      witnesses: [{ heard: () => canary.heard }],
    });
  });

  afterAll(async () => {
    await drill?.close();
    canary?.close();
  });

  describe.each(attemptClasses.map((of) => [of.name, of] as const))('%s', (_name, of) => {
    test.skipIf(!available).each(of.attempts.map((a) => [a.attempt, a] as const))(
      '%s',
      async (_attempt, attempt) => {
        // The offline base and CI have every tool that an attempt may want: none may be left out here.
        const run = !missing.includes(`${of.name}/${attempt.id}`);
        const outcome = await drill.try(of, attempt);
        expect(outcome, outcome.observed).toMatchObject({ held: run, run });
      },
    );
  });
});

test('attempts are told apart by their ids, and what they observe by more than an error that anything gives', () => {
  const ids = attemptClasses.flatMap(({ name, attempts }) => attempts.map(({ id }) => `${name}/${id}`));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(130);
  const all = attemptClasses.flatMap(({ attempts }) => attempts);
  for (const missing of [
    'no such tool: busybox',
    'threw ReferenceError',
    'exit 127 not found',
    'undefined',
  ]) {
    expect(all.filter(({ expected }) => expected.test(missing)).map(({ id }) => id)).toEqual([]);
  }
});
