import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { fuzzProperties } from './properties/all.ts';

/**
 * `npm run fuzz -- [--cases N] [--seed S] [--only TEXT]`: the properties of `npm test` with a million cases over all. A
 * run with the seed that it prints tries the same cases.
 */
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('error: --cases and --seed are whole numbers\nhint: --cases 10000 --seed 42\n');
  process.exit(2);
}
const say = (line: string) => process.stdout.write(`${line}\n`);
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => {
    process.stderr.write(
      `error: ${event}: ${error instanceof Error ? error.stack : error}\nhint: --seed ${seed}\n`,
    );
    process.exit(1);
  });
}

say(`seed ${seed}, ${cases} cases`);
const began = performance.now();
let total = 0;
for (const { name, share, open } of fuzzProperties.filter((each) => each.name.includes(values.only))) {
  const numRuns = Math.max(1, Math.round((cases * share) / 100));
  const start = performance.now();
  const { property, close } = await open();
  const details = await fc.check(property, { numRuns, seed });
  await close?.();
  if (details.failed) {
    process.stderr.write(
      `error: ${name}\nhint: --seed ${seed} --only '${name}'\n${fc.defaultReportMessage(details)}\n`,
    );
    process.exit(1);
  }
  total += numRuns;
  const rate = Math.round((numRuns * 1_000) / (performance.now() - start));
  say(`${String(numRuns).padStart(8)} cases  ${String(rate).padStart(6)}/s  ${name}`);
}
const seconds = (performance.now() - began) / 1_000;
const megabytes = Math.round(process.memoryUsage().rss / 1e6);
say(
  `${total} cases in ${seconds.toFixed(0)} s, ${Math.round(total / seconds)}/s, none failed; ${megabytes} MB at the end`,
);
