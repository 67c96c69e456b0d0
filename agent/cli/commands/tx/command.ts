import { jsonOption } from '@spendwise/sandbox/options';
import type { Command } from 'commander';
import { dateArgument, examples, numbersArgument, positiveNumberArgument } from '../../options.ts';

/** `spendwise tx …`. The code of each command is imported when it is called. */
export function addTxCommands(program: Command): void {
  const tx = program.command('tx').description('list, add, edit and remove transactions');

  tx.command('list', { isDefault: true })
    .description('list transactions, newest first')
    .option('--from <date>', 'the first day', dateArgument)
    .option('--to <date>', 'the last day', dateArgument)
    .option('--category <name>', 'only of this category')
    .option('--account <name>', 'only of this account')
    .option('--text <text>', 'only with this in merchant or description')
    .option('--pending', 'only those that the bank may still change')
    .option('--limit <number>', 'maximum number of rows', positiveNumberArgument, 20)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('spendwise tx list --category groceries', 'spendwise tx list --from 2026-11-01'),
    )
    .action(async (options) => (await import('./list.ts')).txList(options));

  const add = tx
    .command('add')
    .description('add a transaction by hand')
    .argument('<amount>', 'such as 12.50')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
An amount without a sign is money out; with
--refund, or in a category of income, money in.
With a sign it is as on a bank's statement:
-12.50 is money out, +12.50 is money in.
Without --category, your rules choose it.
${examples('spendwise tx add 12.50 --merchant Migros', 'spendwise tx add 20 --refund --category home')}`,
    )
    .action(async (amount, options) => (await import('./write.ts')).txAdd(amount, options));

  const edit = tx
    .command('edit')
    .description('change transactions; what is not named stays')
    .argument('<number...>', 'as `tx list` shows them', numbersArgument)
    .option('--amount <amount>', 'without a sign, it keeps the direction')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
No rule changes a category that you choose here,
and no import adds the transaction again.
${examples('spendwise tx edit 12 --category groceries', 'spendwise tx edit 12 13 --no-pending')}`,
    )
    .action(async (ids, options) => (await import('./write.ts')).txEdit(ids, options));

  for (const command of [add, edit])
    command
      .option('--date <date>', command === add ? 'default: today' : 'the day', dateArgument)
      .option('--category <name>', 'the category, in any case')
      .option('--merchant <name>', 'who was paid, or who paid')
      .option('--description <text>', 'what for')
      .option('--account <name>', command === add ? 'default: your first account' : 'the account')
      .option('--currency <code>', command === add ? "default: the household's" : 'with its --amount')
      .option('--pending', 'the bank may still change it')
      .option('--transfer', 'between own accounts: no spending')
      .option('--refund', 'money back');
  edit
    .option('--no-pending', 'it is settled')
    .option('--no-transfer', 'it is spending')
    .option('--no-refund', 'it is money out');

  tx.command('rm')
    .description('remove transactions; an import does not bring them back')
    .argument('<number...>', 'as `tx list` shows them', numbersArgument)
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise tx rm 12'))
    .action(async (ids, options) => (await import('./write.ts')).txRemove(ids, options));
}
