import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attemptClasses } from '../../../agent/sandbox/drill/classes.ts';
import { Drill, type DrillReport, type Outcome } from '../../../agent/sandbox/drill/drill.ts';
import { bubblewrapAvailable, testBubblewrap } from '../../support/bubblewrap.ts';
import { dockerAvailable, seesContainers, testImages, testWithDocker } from '../../support/docker.ts';
import { type Ran, spendwise } from '../../support/run.ts';
import { type Canary, startCanary } from './canary.ts';

/** The drill mounts a folder for one of them, which takes root. */
const unmounted = seesContainers ? [] : ['starts/mount-inside'];
/** Nobody limits these in bubblewrap: not tried, and said. */
const unlimited = ['limits/cpu', 'limits/memory', ...unmounted];

/** With a canary that the command cannot have: on addresses the world must not have. */
let canary: Canary | undefined;
/** The command on Docker, which runs beside the drill on bubblewrap. */
let command: Promise<Ran> | undefined;

beforeAll(async () => {
  if (!dockerAvailable && !bubblewrapAvailable) return;
  canary = await startCanary();
  if (!dockerAvailable) return;
  const env = { SPENDWISE_NODE_IMAGE: testImages().node };
  command = spendwise(['sandbox', 'verify', '--runtime', 'docker', '--json'], { env, timeoutMs: 500_000 });
});

afterAll(async () => {
  // It may still try to reach the canary's addresses.
  await command;
  canary?.close();
}, 600_000);

/** The offline base and CI have every tool that an attempt may want: none may be left out but `missing`. */
function expectHeld(outcome: Outcome | undefined, id: string, missing: readonly string[]): void {
  const run = !missing.includes(id);
  expect(outcome, outcome?.observed).toMatchObject({ held: run, run });
}

describe('bubblewrap', () => {
  let drill: Drill;

  beforeAll(async () => {
    if (!bubblewrapAvailable) return;
    drill = await Drill.open({
      runtime: testBubblewrap(),
      witnesses: [{ heard: () => canary?.heard ?? [] }],
    });
  });

  afterAll(() => drill?.close());

  describe.each(attemptClasses.map((of) => [of.name, of] as const))('%s', (_name, of) => {
    test.skipIf(!bubblewrapAvailable).each(of.attempts.map((a) => [a.attempt, a] as const))(
      '%s',
      async (_attempt, attempt) => {
        expectHeld(await drill.try(of, attempt), `${of.name}/${attempt.id}`, unlimited);
      },
    );
  });
});

describe('docker', () => {
  let ran: Ran;
  let report: DrillReport;

  beforeAll(async () => {
    if (command === undefined) return;
    ran = await command;
    report = JSON.parse(ran.stdout);
  }, 600_000);

  testWithDocker.each(
    attemptClasses.flatMap((of) => of.attempts.map((a) => [of.name, a.attempt, `${of.name}/${a.id}`])),
  )('%s: %s', (_name, _attempt, id) => {
    const outcomes = report.attempts.filter((outcome) => outcome.id === id);
    expect(outcomes).toHaveLength(1);
    expectHeld(outcomes[0], id, unmounted);
  });

  testWithDocker('the command: exit code 0, one object on stdout, and nothing heard anywhere', () => {
    const all = attemptClasses.flatMap(({ attempts }) => attempts);
    expect(report).toMatchObject({ runtime: 'docker', escaped: 0, notRun: unmounted.length });
    expect(report.attempts).toHaveLength(all.length);
    expect(ran.code).toBe(0);
    expect(canary?.heard).toEqual([]);
  });
});

test('attempts have different ids, and expect more than an error that anything gives', () => {
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
