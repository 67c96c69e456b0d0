import { jsonOption, sandboxOptions } from '@spendwise/sandbox/options';
import type { Command } from 'commander';
import { dateArgument, examples, positiveNumberArgument, wholeNumberArgument } from '../../options.ts';

/** `spendwise alert` and its subcommands. The code of each is imported when it is called. */
export function addAlertCommands(program: Command): void {
  const alert = program
    .command('alert')
    .description('send the alerts that are due, each threshold once a period; no model, fit for cron')
    // Otherwise `alert` would take the options of its subcommands.
    .enablePositionalOptions()
    .option('--dry-run', 'show what would be sent; write and start nothing', false)
    .option('--quiet', 'print only what was sent or failed', false)
    .addOption(jsonOption())
    .action(async (options) => (await import('./send.ts')).alert(options));
  for (const option of sandboxOptions()) alert.addOption(option);

  alert
    .command('history')
    .description('list what was sent, newest first')
    .option('--limit <number>', 'maximum number of rows', positiveNumberArgument, 20)
    .addOption(jsonOption())
    .action(async (options) => (await import('./history.ts')).alertHistory(options));

  alert
    .command('snooze')
    .description('hold back the alerts of a budget; without arguments, list snoozes')
    .argument('[category]', 'the budget')
    .option('--all', 'all budgets', false)
    .option('--days <number>', 'length in days', positiveNumberArgument)
    .option('--until <date>', 'until the start of this day', dateArgument)
    .option('--clear', 'end the snooze', false)
    .addHelpText('after', examples('spendwise alert snooze groceries --days 3'))
    .action(async (category, options) => (await import('./snooze.ts')).alertSnooze(category, options));

  alert
    .command('resolve')
    .description(
      'settle a text that may have been sent, or did not arrive; without arguments, list these texts',
    )
    .argument('[id]', 'its number in the history', wholeNumberArgument)
    .option('--sent', 'the text arrived', false)
    .option('--not-sent', 'the text did not arrive; if it is still due, the next run sends it', false)
    .option('--new-ledger', 'start a new ledger after the old one was damaged or lost', false)
    .action(async (id, options) => (await import('./resolve.ts')).alertResolve(id, options));
}
