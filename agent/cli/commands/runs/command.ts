import { jsonOption } from '@spendwise/sandbox/options';
import { type Command, InvalidArgumentError } from 'commander';
import { examples, positiveNumberArgument } from '../../options.ts';

/** `spendwise runs …`. The code of each command is imported when it is called. */
export function addRunsCommands(program: Command): void {
  const runs = program
    .command('runs')
    .description('show what the agent did, from the record of each request');

  runs
    .command('list')
    .description('list runs, newest first')
    .option('--limit <number>', 'maximum number of runs', positiveNumberArgument, 20)
    .addOption(jsonOption())
    .action(async (options) => (await import('./list.ts')).runsList(options));

  runs
    .command('show')
    .description('show every event of a run')
    .argument('<run>', 'its id, or the start of it')
    .option('--html [file]', 'make a page of it (default: among the pages of the state folder)')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise runs show 1r4d', 'spendwise runs show 1r4d --html run.html'))
    .action(async (name, options) => (await import('./show.ts')).runsShow(name, options));

  runs
    .command('replay')
    .description('print a run again as it was seen; sends and starts nothing')
    .argument('<run>', 'its id, or the start of it')
    .option('--speed <factor>', 'keep the pauses, sped up by this factor (default: no pauses)', speedArgument)
    .action(async (name, options) => (await import('./replay.ts')).runsReplay(name, options));
}

function speedArgument(text: string): number {
  const speed = Number(text);
  if (text.trim() === '' || !Number.isFinite(speed) || speed <= 0)
    throw new InvalidArgumentError('Use a number above 0, such as 1 or 2.5.');
  return speed;
}
