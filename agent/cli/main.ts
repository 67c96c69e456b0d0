import { Command, Option } from 'commander';
import { addAlertCommands } from './commands/alert/command.ts';
import { addRunsCommands } from './commands/runs/command.ts';
import { addSandboxCommands } from './commands/sandbox/command.ts';
import { dateArgument, jsonOption, sandboxOptions, wholeNumberArgument } from './options.ts';
import { runProgram } from './run-program.ts';

// Each command's code is imported when it is called: `--help` and `status` need neither model nor MCP.
const program = new Command('spendwise')
  .description('Watches your spending and texts you when a budget runs hot.')
  .version('0.1.0')
  // An option belongs to the command that it stands behind: "alert" and its subcommands share names.
  .enablePositionalOptions();

program
  .command('seed')
  .description('write demo data into the spending database; never over data of your own')
  .addOption(
    new Option('--scenario <name>', 'what to write').choices(['original', 'year']).default('original'),
  )
  .option('--today <date>', 'the day the data leads up to (default: today)', dateArgument)
  .option('--random-seed <number>', 'scenario year: same number, same rows', wholeNumberArgument, 1)
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/seed.ts')).seed(options));

program
  .command('status')
  .description('show every budget and what is spent of it')
  .option('--as-of <date>', 'the day to look from (default: today)', dateArgument)
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/status.ts')).status(options));

program
  .command('doctor')
  .description('show what this machine has, and remove what killed runs have left')
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/doctor.ts')).doctor(options));

const agent = program.command('agent').description('the agent that reads budgets and sends alerts');

const ask = agent
  .command('ask')
  .description('one question or order to the agent')
  .argument('<text...>', 'what you want')
  .addOption(jsonOption())
  .action(async (words, options) => (await import('./commands/agent/ask.ts')).ask(words, options));

const chat = agent
  .command('chat')
  .description('talk to the agent; `/help` shows what else there is')
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/agent/chat.ts')).chat(options));

addAlertCommands(program);
addRunsCommands(program);
addSandboxCommands(program);

for (const command of [ask, chat]) {
  for (const option of sandboxOptions()) command.addOption(option);
  command.option('--approve-own-texts', 'texts to your own number need no question', false);
}

await runProgram(program);
