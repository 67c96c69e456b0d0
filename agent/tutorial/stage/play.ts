import { NotConfigured, SpendwiseError } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { pickRuntime, type SessionFlags } from '@spendwise/sandbox/pick-runtime';
import { out } from '@spendwise/sandbox/screen';
import { sandboxHost } from '../../cli/sandbox-host.ts';
import type { Attack } from '../attack.ts';
import { attackOf, lessons } from '../lessons.ts';
import { mainJob } from './main-job.ts';
import type { Played } from './perform.ts';
import { onStage } from './stage.ts';

/**
 * Plays attacks on the sources that this file is among: the clone, or a broken copy. Arguments: a sandbox, then numbers of
 * lessons, or `main` for the main job. Prints one JSON object a line; `perform.ts` starts it and reads that.
 */
const [sandbox = '', ...names] = process.argv.slice(2);
const print = (line: Played) => out.line(jsonLine(line));

const byName = async (name: string): Promise<Attack> => {
  if (name === 'main') return mainJob;
  const lesson = lessons().find(({ number }) => String(number) === name);
  if (lesson === undefined) throw new Error(`no lesson ${name}`);
  return attackOf(lesson);
};

for (const name of names) {
  try {
    const attack = await byName(name);
    print({ name, attempt: attack.attempt });
    const flags = { yes: true, unsandboxed: false, runtime: attack.sandboxed ? sandbox : 'process' };
    const mention = (line: string) => print({ name, notice: line });
    const runtime = await pickRuntime(flags as SessionFlags, process.env, { mention }, sandboxHost);
    if (attack.sandboxed && !runtime.isolated)
      throw new NotConfigured(
        'this lesson needs a sandbox, and this machine has none',
        'start Docker, or install bubblewrap (Linux); `npx --no -- spendwise doctor` says what is missing',
      );
    const say = (line: string) => print({ name, say: line });
    print({ name, outcome: await onStage({ runtime, say }, (stage) => attack.run(stage)) });
  } catch (error) {
    const { message, hint } =
      error instanceof SpendwiseError
        ? error
        : {
            message: (error as Error).message,
            hint: 'the attack could not be tried: what it needs does not work here',
          };
    print({ name, failed: { message, hint } });
  }
}
// What an attack left open must not keep this process.
process.exit(0);
