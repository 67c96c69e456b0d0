import { parseArgs } from 'node:util';
import { sandboxHost } from '../../../agent/cli/sandbox-host.ts';
import { pickRuntime } from '../../../agent/sandbox/cli/pick-runtime.ts';
import type { RuntimeChoice } from '../../../agent/sandbox/plan/runtime-names.ts';
import { loadEnvironment } from '../../../agent/settings/environment.ts';
import { adaptiveCombinations, notPreApproved, runAdaptive } from './adaptive-run.ts';
import { combinations } from './combinations.ts';
import { findings, write } from './docs.ts';
import { runNames } from './names-run.ts';
import { type Result, runObeying } from './obeying-run.ts';
import { sample } from './sample.ts';
import { describe, isBad } from './table.ts';
import { runUnguarded } from './unguarded-run.ts';

/**
 * `npm run injections -- [--runtime process|bubblewrap|docker] [--sample N] [--seed S] [--write]`: every combination, or so
 * many of those of the model that obeys; with `--write` the findings go into the README.
 */
const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'process' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const [count, seed] = [values.sample, values.seed].map((text) => (text === undefined ? 1 : Number(text))) as [
  number,
  number,
];
const known = ['process', 'bubblewrap', 'docker'].includes(values.runtime);
if (!known || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) misused();
if (values.write && (values.sample !== undefined || values.runtime !== 'process')) misused();

function misused(): never {
  process.stderr.write(
    'error: wrong options\nhint: --runtime bubblewrap --sample 40 --seed 7; --write alone, for it writes all\n',
  );
  process.exit(2);
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const began = performance.now();
const runtime = await pickRuntime(
  // Only stand-ins are behind it; a plain process may hold their credentials.
  { runtime: values.runtime as RuntimeChoice, unsandboxed: true, yes: true },
  loadEnvironment(),
  { mention: say },
  sandboxHost,
);
const bad: Result[] = [];
const look = (result: Result) => {
  if (isBad(result)) bad.push(result);
};

const all = combinations();
const chosen = values.sample === undefined ? all : sample(all, count, seed);
say(`${chosen.length} combinations of a model that obeys, under ${runtime.kind}`);
const obeying = await runObeying(chosen, runtime, look);

if (values.sample === undefined) {
  const adaptive: Result[] = [];
  const preApproved: Result[] = [];
  for (const one of adaptiveCombinations()) {
    say(`a model that adapts: ${one.goal.name}, by ${one.carrier.name}`);
    adaptive.push(await runAdaptive(one, runtime));
    if (notPreApproved(one.goal)) preApproved.push(await runAdaptive(one, runtime, { preApproved: true }));
  }
  for (const result of [...adaptive, ...preApproved]) look(result);
  const names = await runNames(runtime);
  const unguarded = await runUnguarded(runtime);
  const calls = [...adaptive, ...preApproved].reduce((total, result) => total + result.calls, 0);
  const order = new Map(all.map(({ ordinal }, at) => [ordinal, at]));
  obeying.sort((a, b) => (order.get(a.combination.ordinal) ?? 0) - (order.get(b.combination.ordinal) ?? 0));
  const text = findings({ obeying, adaptive, preApproved, names, unguarded, calls });
  process.stdout.write(`${text}\n`);
  if (values.write) write(text);
  for (const line of [...names.carried, ...names.wrong]) say(`error: a budget's name: ${line}`);
  if (names.carried.length + names.wrong.length > 0) process.exitCode = 1;
} else {
  process.stdout.write(`${obeying.length} combinations, ${bad.length} bad\n`);
}
const calls = obeying.reduce((total, result) => total + result.calls, 0);
say(`${calls} calls of the model that obeys; ${Math.round((performance.now() - began) / 1000)} s`);
for (const result of bad)
  say(`error: ${result.reached ? '' : 'the model never read it: '}${describe(result)}`);
if (bad.length > 0) process.exitCode = 1;
