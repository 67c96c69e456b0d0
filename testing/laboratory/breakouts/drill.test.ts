import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drillTable } from '../../../agent/sandbox/cli/drill-table.ts';
import type { Attempt, AttemptClass } from '../../../agent/sandbox/drill/attempt.ts';
import { protocol } from '../../../agent/sandbox/drill/attempts/protocol.ts';
import { attemptClasses } from '../../../agent/sandbox/drill/classes.ts';
import { runDrill } from '../../../agent/sandbox/drill/drill.ts';
import { signsOfEscape, type Traces } from '../../../agent/sandbox/drill/judge.ts';
import { identityIfThere } from '../../../agent/sandbox/foundation/paths.ts';
import type { RuntimePermission } from '../../../agent/sandbox/manifest/permissions.ts';
import type { LaunchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { themeFor } from '../../../agent/sandbox/terminal/theme.ts';
import { testImages, testWithDocker } from '../../support/docker.ts';
import { spendwise } from '../../support/run.ts';

const attempt: Attempt = { id: 'x', attempt: 'x', code: '', expected: /^EPERM$/, recorded: /^a:1 no/ };
const denied = { host: 'a', port: 1, verdict: 'denied', reason: 'no' } as const;
const held: Traces = {
  observed: 'EPERM',
  heard: [],
  requests: [],
  egress: [denied],
  credential: 'Basic x',
  bearer: 'Bearer x',
  growth: 0,
};
const request = { method: 'GET', target: '/', headers: {}, body: '' };

test('an attempt is held when no sign speaks against it', () => {
  expect(signsOfEscape(attempt, held)).toEqual([]);
});

test.each<[string, Partial<Traces>]>([
  ['what it observed is another thing', { observed: 'done' }],
  ['a listener outside heard it, whatever it observed', { heard: ['TCP on 127.0.0.1'] }],
  ['a request reached the API', { requests: [request] }],
  ['the denial is not on record', { egress: [] }],
  ['it was let through', { egress: [{ ...denied, verdict: 'allowed' }] }],
  ['the host grew with it', { growth: 2 ** 30 }],
])('it is an escape when %s', (_why, traces) => {
  expect(signsOfEscape(attempt, { ...held, ...traces })).toHaveLength(1);
});

test('it is an escape when it read a secret, even an expected one', () => {
  const observed = `drill-secret-${'0'.repeat(32)}`;
  expect(signsOfEscape({ ...attempt, expected: /./ }, { ...held, observed })).toEqual(['a secret was read']);
});

test('it is an escape when it read what the broker inserts', () => {
  const credential = `Basic ${btoa('drill:token')}`;
  const observed = `you sent ${credential}`;
  expect(signsOfEscape({ ...attempt, expected: /./ }, { ...held, observed, credential })).toEqual([
    'the credential was read',
  ]);
});

test('allowed requests reach the API with the real credential and no other header', () => {
  const reaching: Attempt = { ...attempt, mayReach: /^GET \/$/, reaches: { body: /^$/ } };
  const signs = (headers: Record<string, string>) =>
    signsOfEscape(reaching, { ...held, requests: [{ ...request, headers }] });
  expect(signs({ authorization: 'Basic x', host: 'h' })).toEqual([]);
  expect(signs({ authorization: 'Basic theirs' })).toEqual(['another credential reached the API']);
  expect(signs({ authorization: 'Basic x', 'x-evil': '1' })).toEqual([
    'headers that reached the API: x-evil',
  ]);
  expect(signsOfEscape(reaching, held)).toEqual(['0 requests reached the API']);
});

test('the command without guards shows escapes, skips harmful attempts, and ends with exit code 1', async () => {
  const ran = await spendwise(['sandbox', 'verify', '--runtime', 'process', '--json'], {
    timeoutMs: 240_000,
  });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('NOT A SANDBOX');
  expect(ran.stdout).not.toMatch(/drill-secret-[0-9a-f]/);
  const report = JSON.parse(ran.stdout);
  expect(Object.keys(report)).toEqual(['runtime', 'attempts', 'held', 'escaped', 'notRun']);
  expect(report).toMatchObject({ runtime: 'process', escaped: expect.any(Number) });
  expect(report.held + report.escaped + report.notRun).toBe(report.attempts.length);
  const by = Object.fromEntries(report.attempts.map((outcome: { id: string }) => [outcome.id, outcome]));
  expect(Object.keys(by)).toHaveLength(report.attempts.length);
  expect(by['limits/memory']).toMatchObject({ observed: 'not guarded, not run', held: false, run: false });
  expect(by['addresses/address']).toMatchObject({ held: false, run: false });
  expect(by['addresses/host-loopback']).toMatchObject({ held: false, run: true });
  expect(by['addresses/host-loopback'].observed).toContain('heard outside: TCP on 127.0.0.1');
  expect(by['requests/other-account'].observed).toContain('reached the API');
  const read = ['secrets/environment', 'filesystem/absolute', 'surroundings/neighbour-file', 'starts/linked'];
  for (const id of read) expect(by[id].observed).toContain('a secret was read');
  expect(by['starts/code-replaced']).toMatchObject({ held: false, run: true });
}, 300_000);

/** Docker, but each server gets more than it was granted. */
function withHole(widen: (plan: LaunchPlan) => RuntimePermission[]): Runtime {
  const runtime = dockerRuntime({ images: testImages() });
  return {
    ...runtime,
    start: (plan, onEgress) => {
      // What the manifest asks for has not changed, so it must not know that a path is one too many.
      Object.assign(plan.manifest, { identityOf: identityIfThere });
      return runtime.start({ ...plan, granted: widen(plan) }, onEgress);
    },
  };
}

const only = (id: string): AttemptClass[] =>
  attemptClasses.map((of) => ({
    ...of,
    attempts: of.attempts.filter((a) => `${of.name}/${a.id}` === id),
  }));

const holes: [string, string, (plan: LaunchPlan) => RuntimePermission[], RegExp][] = [
  [
    'a file too many',
    'filesystem/absolute',
    ({ granted, program }) => [
      ...granted,
      { type: 'fs', path: join(program.code?.folder ?? '', '../secret.txt'), read: true, write: false },
    ],
    /a secret was read/,
  ],
  [
    'a rule too wide',
    'requests/other-recipient',
    ({ granted }) =>
      granted.map((p) => {
        const [rule, ...rules] = p.type === 'domain' ? (p.http?.rules ?? []) : [];
        if (p.type !== 'domain' || p.http === undefined || rule === undefined) return p;
        const wide = { ...rule, form: { ...rule.form, To: { maxLength: 40 } } };
        return { ...p, http: { ...p.http, rules: [wide, ...rules] } };
      }),
    /reached the API/,
  ],
  [
    'an address too many',
    'startup/host-loopback',
    ({ granted, manifest }) => {
      const { values } = JSON.parse(manifest.runtimeArgs[0] ?? '{"values":{"TCP":9}}');
      return [...granted, { type: 'host', host: '127.0.0.1', port: values.TCP }];
    },
    /heard outside: TCP on 127\.0\.0\.1/,
  ],
];

testWithDocker.each(holes)('the drill reports a pod with %s', async (_hole, id, widen, sign) => {
  const report = await runDrill({
    runtime: withHole(widen),
    classes: only(id),
  });
  expect(report).toMatchObject({ escaped: 1, held: 0, notRun: 0 });
  expect(report.attempts[0]?.observed).toMatch(sign);
});

test('an attempt without its tool in the image could not be tried, and is not held', async () => {
  const { attempts } = await runDrill({
    runtime: processRuntime({ unsandboxed: false }),
    classes: [
      {
        name: 'tools',
        must: 'x',
        attempts: [{ id: 'x', attempt: 'x', code: "return inside.tool('no-such-program')", expected: /./ }],
      },
    ],
  });
  expect(attempts).toMatchObject([
    { run: false, held: false, observed: 'could not be tried: no such tool: no-such-program' },
  ]);
});

test('no protocol attempt is held on a server that does not cheat', async () => {
  const honest = (of: AttemptClass) => ({
    ...of,
    attempts: of.attempts.map((attempt) => ({ ...attempt, code: "return 'honest'" })),
  });
  const report = await runDrill({
    runtime: processRuntime({ unsandboxed: false }),
    classes: [honest(protocol)],
  });
  expect(report).toMatchObject({ held: 0, escaped: protocol.attempts.length, notRun: 0 });
});

test('the gate holds the protocol on any runtime', async () => {
  const report = await runDrill({
    runtime: processRuntime({ unsandboxed: false }),
    classes: [protocol],
  });
  expect(report.attempts.filter(({ held }) => !held)).toEqual([]);
});

test('the table has a line for each attempt under its class, and ends with the counts', () => {
  const outcome = { class: 'a', attempt: 'try', expected: 'x', observed: 'EPERM', held: true, run: true };
  const lines = drillTable(
    {
      runtime: 'docker',
      attempts: [
        { ...outcome, id: 'a/1' },
        { ...outcome, id: 'a/2', held: false, observed: 'got\u2026 '.repeat(40) },
        { ...outcome, id: 'b/1', class: 'b', held: false, run: false, observed: 'not guarded, not run' },
      ],
      held: 1,
      escaped: 1,
      notRun: 1,
    },
    themeFor(process.stdout),
    100,
  );
  expect(lines[0]).toContain('a  1 of 2 held, 1 escaped');
  expect(lines[1]).toMatch(/^ {2}held {5}try +EPERM$/);
  expect(lines[2]).toMatch(/^ {2}ESCAPED {2}try/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
  expect(lines.at(-1)).toBe('3 attempts on docker: 1 held, 1 escaped, 1 not run');
});
