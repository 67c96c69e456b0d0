import { parseArgs } from 'node:util';
import { allOf } from './all-of.ts';
import { runCourse } from './enumerated.ts';
import { PAIR_KINDS, runPair } from './pairs.ts';
import { runRounds, summaryOf } from './rounds.ts';
import { courses, SENDING } from './steps.ts';
import { runSummary } from './summary.ts';
import type { RuntimeName } from './victims.ts';

/**
 * `npm run crashes -- [--runs N] [--pairs N] [--steps] [--runtime R] [--seed S] [--parallel P]`: kill -9 of host, SMS
 * server or gateway while alerts are sent. Without --runs, --pairs and --steps: some of each. The seed repeats
 * spending, faults and victims; where exactly they die is up to the machine.
 */
const RUNTIMES = ['process', 'bubblewrap', 'docker'] as const;
const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    pairs: { type: 'string' },
    steps: { type: 'boolean' },
    runtime: { type: 'string', default: 'process' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    parallel: { type: 'string', default: '4' },
  },
});
const some = values.runs === undefined && values.pairs === undefined && values.steps === undefined;
const runtime = RUNTIMES.find((name) => name === values.runtime) as RuntimeName;
const [runs, pairs, seed, parallel] = [
  values.runs ?? (some ? '80' : '0'),
  values.pairs ?? (some ? '12' : '0'),
  values.seed,
  values.parallel,
].map(Number) as [number, number, number, number];
if (
  ![runs, pairs, seed, parallel].every((value) => Number.isSafeInteger(value) && value >= 0) ||
  parallel < 1 ||
  runtime === undefined
) {
  process.stderr.write('error: an option is wrong\nhint: --runs 80 --pairs 12 --steps --runtime docker\n');
  process.exit(2);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const violations: string[] = [];
say(`runtime ${runtime}, seed ${seed}, ${parallel} at a time`);
if (values.steps ?? some) {
  const all = courses(runtime);
  const verdicts = await allOf(all, parallel, (course) => runCourse(course, runtime));
  violations.push(...verdicts.flatMap((verdict) => verdict.violations));
  const sum = (name: 'texts' | 'unknowns' | 'settledByLookUp') =>
    verdicts.reduce((total, verdict) => total + verdict[name], 0);
  // After a correction, one is due again.
  const due = all.reduce((total, course) => total + (course.some(({ by }) => by === 'user') ? 3 : 2), 0);
  say(
    `${all.length} times killed, once at every step: ${sum('texts')} texts of ${due} due; ` +
      `${sum('unknowns')} unknown, ${sum('settledByLookUp')} of them settled by a look-up`,
  );
}
if (values.steps ?? some) {
  violations.push(...(await allOf(SENDING, parallel, (step) => runSummary(step, runtime))).flat());
  say(`${SENDING.length} times killed while a summary was sent`);
}
if (runs > 0) {
  const figures = await runRounds({
    runs,
    runtime,
    seed,
    parallel,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  violations.push(...figures.violations);
  say(summaryOf(figures));
  say(
    `  faults: ${Object.entries(figures.faults)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')}`,
  );
}
if (pairs > 0) {
  const kinds = Array.from({ length: pairs }, (_, at) => PAIR_KINDS[at % PAIR_KINDS.length] ?? 'due');
  violations.push(...(await allOf(kinds, parallel, (kind) => runPair(kind, runtime))).flat());
  say(`${pairs} pairs at the same moment`);
}
for (const violation of violations.slice(0, 50)) process.stderr.write(`error: ${violation}\n`);
if (violations.length > 0)
  process.stderr.write('hint: --runs 8 --seed S begins with the household of that seed\n');
else say('none twice, none lost in silence, none wrong; the ledger always readable');
process.exitCode = violations.length > 0 ? 1 : 0;
