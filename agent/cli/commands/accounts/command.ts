import { jsonOption } from '@spendwise/sandbox/options';
import type { Command } from 'commander';
import { examples } from '../../options.ts';

/** `spendwise accounts …`. The code of each command is imported when it is called. */
export function addAccountsCommands(program: Command): void {
  const accounts = program.command('accounts').description('where money is: bank accounts, cards, cash');
  const code = () => import('./accounts.ts');

  accounts
    .command('list', { isDefault: true })
    .description('list accounts')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise accounts list'))
    .action(async (options) => (await code()).accountsList(options));

  accounts
    .command('add')
    .description('add an account')
    .argument('<name>', 'its name')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise accounts add Cash'))
    .action(async (name, options) => (await code()).accountsAdd(name, options));

  accounts
    .command('rename')
    .description('rename an account')
    .argument('<name>', 'its name, in any case')
    .argument('<new-name>', 'its new name')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise accounts rename main "My bank"'))
    .action(async (name, to, options) => (await code()).accountsRename(name, to, options));
}
