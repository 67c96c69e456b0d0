import { jsonOption } from '@spendwise/sandbox/options';
import type { Command } from 'commander';
import { examples } from '../../options.ts';

/** `spendwise categories …`. The code of each command is imported when it is called. */
export function addCategoriesCommands(program: Command): void {
  const categories = program.command('categories').description('what transactions are sorted into');
  const code = () => import('./categories.ts');

  categories
    .command('list', { isDefault: true })
    .description('list categories, and what is in each')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise categories list'))
    .action(async (options) => (await code()).categoriesList(options));

  categories
    .command('add')
    .description('add a category')
    .argument('<name>', 'its name')
    .option('--income', 'for money that comes in', false)
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise categories add Holidays'))
    .action(async (name, options) => (await code()).categoriesAdd(name, options));

  categories
    .command('rename')
    .description('rename a category; its budgets, rules and transactions stay')
    .argument('<name>', 'its name, in any case')
    .argument('<new-name>', 'its new name')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise categories rename other Misc'))
    .action(async (name, to, options) => (await code()).categoriesRename(name, to, options));

  categories
    .command('rm')
    .description('remove a category')
    .argument('<name>', 'its name, in any case')
    .option('--to <category>', 'which gets its transactions and rules')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise categories rm misc --to other'))
    .action(async (name, options) => (await code()).categoriesRemove(name, options));
}
