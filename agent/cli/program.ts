import { addSandboxCommands } from '@spendwise/sandbox/commands';
import { jsonOption, sandboxOptions } from '@spendwise/sandbox/options';
import { Command, Option } from 'commander';
import { addAccountsCommands } from './commands/accounts/command.ts';
import { addAlertCommands } from './commands/alert/command.ts';
import { addBudgetsCommands } from './commands/budgets/command.ts';
import { addCategoriesCommands } from './commands/categories/command.ts';
import { addImportCommands } from './commands/import/command.ts';
import { addRulesCommands } from './commands/rules/command.ts';
import { addRunsCommands } from './commands/runs/command.ts';
import { addTxCommands } from './commands/tx/command.ts';
import { dateArgument, examples, wholeNumberArgument } from './options.ts';

/**
 * The commands of `spendwise`. The code of each is imported when it is called: `--help` and `status` need neither model
 * nor MCP.
 */
export function spendwiseProgram(): Command {
  const program = new Command('spendwise')
    .description('Watches your spending and texts you when a budget runs hot.')
    .version('0.1.0')
    // An option belongs to the command before it: "alert" and its subcommands share option names.
    .enablePositionalOptions()
    .allowExcessArguments()
    .addOption(jsonOption())
    .hook('preSubcommand', (root) => {
      if (root.opts().json) root.error('error: --json goes after the command');
    })
    .action(async (options, root: Command & { unknownCommand(): void }) => {
      // Commander calls this itself for a program that does nothing alone. Its types do not have it.
      if (root.args.length > 0) root.unknownCommand();
      await (await import('./commands/overview.ts')).overview(options);
    });

  program
    .command('init')
    .description('make your database, and set your keys; never over data')
    .option('--currency <code>', 'your currency, such as CHF; asks nothing then')
    .option('--time-zone <zone>', "default: the machine's")
    .option('--category <name>', 'a category, once for each', several)
    .option('--budget <budget>', 'such as Groceries=600/month, once for each', several)
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise init', 'spendwise init --currency CHF --budget Home=900'))
    .action(async (options) => (await import('./commands/init/init.ts')).init(options));

  program
    .command('seed')
    .description('write demo data into the spending database; never over your own data')
    .addOption(
      new Option('--scenario <name>', 'what to write').choices(['original', 'year']).default('original'),
    )
    .option('--today <date>', 'the last day of the data (default: today)', dateArgument)
    .option(
      '--random-seed <number>',
      'scenario year: the same number gives the same rows',
      wholeNumberArgument,
      1,
    )
    .addOption(jsonOption())
    .action(async (options) => (await import('./commands/seed.ts')).seed(options));

  program
    .command('status')
    .description('show all budgets and what is spent')
    .option('--as-of <date>', 'the day of the report (default: today)', dateArgument)
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise status', 'spendwise status --as-of 2026-11-30'))
    .action(async (options) => (await import('./commands/status.ts')).status(options));

  program
    .command('report')
    .description('what a year of spending shows: budgets, months, biggest changes, alerts')
    .option('--as-of <date>', 'the day of the report (default: today)', dateArgument)
    .option('--html [file]', 'as a page (default: in the state folder); prints its path')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise report --html', 'spendwise report --as-of 2026-10-31'))
    .action(async (options) => (await import('./commands/report/report.ts')).report(options));

  addImportCommands(program);
  addTxCommands(program);
  addCategoriesCommands(program);
  addRulesCommands(program);
  addBudgetsCommands(program);
  addAccountsCommands(program);

  program
    .command('export')
    .description('print your transactions, for a spreadsheet, a program, hledger or ledger')
    .addOption(
      new Option('--format <format>', 'the form of the output')
        .choices(['csv', 'json', 'hledger'])
        .default('csv'),
    )
    .option('--from <date>', 'the first day', dateArgument)
    .option('--to <date>', 'the last day', dateArgument)
    .option('--account <name>', 'only of this account')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('spendwise export >mine.csv', 'spendwise export --format hledger >my.journal'),
    )
    .action(async (options) => (await import('./commands/export/export.ts')).exportTransactions(options));

  program
    .command('backup')
    .description('copy the database, also while others write; never over a file')
    .argument('[file]', 'a new file, or a folder (default: beside the database)')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise backup', 'spendwise backup /media/stick'))
    .action(async (file, options) => (await import('./commands/backup.ts')).backup(file, options));

  program
    .command('doctor')
    .description('show what this machine has, and remove what killed runs left behind')
    .addOption(jsonOption())
    .action(async (options) => (await import('./commands/doctor.ts')).doctor(options));

  program
    .command('demo')
    .description('the whole job on a throw-away database, with stand-ins for what is not configured')
    // ../spendwise.js starts it: nothing here imports testing/.
    .helpOption(false)
    .addHelpText('after', '\n`spendwise demo --help` lists its options.');

  const agent = program
    .command('agent')
    .description('talk to the agent, which reads budgets and sends alerts');

  const ask = agent
    .command('ask')
    .description('send one request to the agent')
    .argument('<text...>', 'what you want')
    .option('--no-page', 'make no page of the run')
    .addOption(jsonOption())
    .action(async (words, options) => (await import('./commands/agent/ask.ts')).ask(words, options));

  const chat = agent
    .command('chat')
    .description('talk to the agent; `/help` lists what else you can type')
    .addOption(jsonOption())
    .action(async (options) => (await import('./commands/agent/chat.ts')).chat(options));

  addAlertCommands(program);
  addRunsCommands(program);
  addSandboxCommands(
    program.command('sandbox').description('run any MCP server with less power'),
    async () => (await import('./sandbox-host.ts')).sandboxHost,
  );

  for (const command of [ask, chat]) {
    for (const option of sandboxOptions()) command.addOption(option);
    command.option('--approve-own-texts', 'send texts to your own number without asking', false);
  }
  return program;
}

const several = (text: string, before: readonly string[] = []): string[] => [...before, text];
