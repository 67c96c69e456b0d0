import { jsonOption } from '@spendwise/sandbox/options';
import { type Command, Option } from 'commander';
import { examples } from '../../options.ts';

const periodOption = (help: string) =>
  new Option('--period <period>', help).choices(['week', 'month', 'year']);

/** `spendwise budgets …`. The code of each command is imported when it is called. */
export function addBudgetsCommands(program: Command): void {
  const budgets = program.command('budgets').description('limits of what is spent in a category');
  const code = () => import('./budgets.ts');

  budgets
    .command('list', { isDefault: true })
    .description('list budgets; `spendwise status` shows what is spent')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise budgets list'))
    .action(async (options) => (await code()).budgetsList(options));

  budgets
    .command('set')
    .description('add a budget, or change its limit: for each month, or --period')
    .argument('<category>', 'its name, in any case')
    .argument('<amount>', 'the limit, such as 150')
    .addOption(periodOption('how long it lasts').default('month'))
    .option('--currency <code>', "default: the household's")
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('spendwise budgets set groceries 600', 'spendwise budgets set leisure 50 --period week'),
    )
    .action(async (category, amount, options) => (await code()).budgetsSet(category, amount, options));

  budgets
    .command('rm')
    .description('remove a budget; the transactions stay')
    .argument('<category>', 'its name, in any case')
    .addOption(periodOption('which one, if there are several'))
    .option('--currency <code>', 'which one, if there are several')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise budgets rm groceries'))
    .action(async (category, options) => (await code()).budgetsRemove(category, options));
}
