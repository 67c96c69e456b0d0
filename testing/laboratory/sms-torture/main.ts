import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

/**
 * `npm run sms-torture -- [--sends N] [--seed S] [--parallel P] [--kill-every MS]`: sends under faults and kill -9. The
 * seed repeats the faults; when they meet which send is up to the machine.
 */
const { values } = parseArgs({
  options: {
    sends: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    parallel: { type: 'string', default: '50' },
    'kill-every': { type: 'string', default: '2500' },
  },
});
const [sends, seed, parallel, killEveryMs] = [
  values.sends,
  values.seed,
  values.parallel,
  values['kill-every'],
].map(Number) as [number, number, number, number];
if (
  ![sends, seed, parallel, killEveryMs].every((value) => Number.isSafeInteger(value) && value >= 0) ||
  !sends
) {
  process.stderr.write('error: the options are whole numbers\nhint: --sends 1000 --seed 42\n');
  process.exit(2);
}
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`seed ${seed}, ${sends} intents, ${parallel} callers, two servers over one folder`);
const verdict = await torture({ sends, seed, parallel, killEveryMs, drips: sends >= 2000 });
const { violations, posts, accepted, outcomes, kills, seconds } = verdict;
say(`${posts} POSTs, ${accepted} texts accepted, ${kills} times kill -9, ${seconds.toFixed(0)} s`);
say(
  `last words: ${Object.entries(outcomes)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ')}`,
);
for (const violation of violations.slice(0, 20)) process.stderr.write(`error: ${violation}\n`);
if (violations.length > 0) process.stderr.write(`hint: --sends ${sends} --seed ${seed}\n`);
else say('none accepted twice, none reported sent that was not, none lost in silence');
process.exitCode = violations.length > 0 ? 1 : 0;
