import { type Command, InvalidArgumentError } from 'commander';
import { jsonOption, positiveNumberArgument } from '../../options.ts';

/** `spendwise runs …`: looks back at what the agent did. Each command's code is imported when it is called. */
export function addRunsCommands(program: Command): void {
  const runs = program.command('runs').description('what the agent did: each request, on record');

  runs
    .command('list')
    .description('the runs there are, newest first')
    .option('--limit <number>', 'at most so many', positiveNumberArgument, 20)
    .addOption(jsonOption())
    .action(async (options) => (await import('./list.ts')).runsList(options));

  runs
    .command('show')
    .description('every event of a run')
    .argument('<run>', 'its id, or the beginning of it')
    .addOption(jsonOption())
    .action(async (name, options) => (await import('./show.ts')).runsShow(name, options));

  runs
    .command('replay')
    .description('tell a run again as it was seen; nothing is sent and nothing is started')
    .argument('<run>', 'its id, or the beginning of it')
    .option(
      '--speed <factor>',
      'keep the pauses, so many times as fast (default: without pauses)',
      speedArgument,
    )
    .action(async (name, options) => (await import('./replay.ts')).runsReplay(name, options));
}

function speedArgument(text: string): number {
  const speed = Number(text);
  if (text.trim() === '' || !Number.isFinite(speed) || speed <= 0)
    throw new InvalidArgumentError('Use a number above 0, such as 1 or 2.5.');
  return speed;
}
