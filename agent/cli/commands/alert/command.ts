import type { Command } from 'commander';
import {
  dateArgument,
  jsonOption,
  positiveNumberArgument,
  sandboxOptions,
  wholeNumberArgument,
} from '../../options.ts';

/** `spendwise alert` and what belongs to it. Each command's code is imported when it is called. */
export function addAlertCommands(program: Command): void {
  const alert = program
    .command('alert')
    .description('text what is due, each threshold once a period; no model (fit for cron)')
    // Otherwise the options of `alert` would swallow those of its subcommands.
    .enablePositionalOptions()
    .option('--dry-run', 'show what would be sent; writes and starts nothing', false)
    .option('--quiet', 'say only what was sent or went wrong', false)
    .addOption(jsonOption())
    .action(async (options) => (await import('./send.ts')).alert(options));
  for (const option of sandboxOptions()) alert.addOption(option);

  alert
    .command('history')
    .description('show what was sent, newest first')
    .option('--limit <number>', 'at most so many', positiveNumberArgument, 20)
    .addOption(jsonOption())
    .action(async (options) => (await import('./history.ts')).alertHistory(options));

  alert
    .command('snooze')
    .description('hold the alerts of a budget back; without arguments, show which are')
    .argument('[category]', 'the budget')
    .option('--all', 'of every budget', false)
    .option('--days <number>', 'for so many days', positiveNumberArgument)
    .option('--until <date>', 'until this day begins', dateArgument)
    .option('--clear', 'let them go out again', false)
    .action(async (category, options) => (await import('./snooze.ts')).alertSnooze(category, options));

  alert
    .command('resolve')
    .description('say what became of a text that may have gone out; without arguments, show which may')
    .argument('[id]', 'its number in the history', wholeNumberArgument)
    .option('--sent', 'it arrived', false)
    .option('--not-sent', 'it did not: what is still due goes out with the next run', false)
    .option('--new-ledger', 'the ledger is damaged or gone: begin a new one', false)
    .action(async (id, options) => (await import('./resolve.ts')).alertResolve(id, options));
}
