import { Command, Option } from 'commander';
import { dateArgument, jsonOption, sandboxOptions, wholeNumberArgument } from './commands/options.ts';
import { runProgram } from './run-program.ts';

// Each command's code is imported when it is called: `--help` and `status` need neither model nor MCP.
const program = new Command('spendwise')
  .description('Watches your spending and texts you when a budget runs hot.')
  .version('0.1.0');

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

const agent = program.command('agent').description('the agent that reads budgets and sends alerts');

const ask = agent
  .command('ask')
  .description('one question or order to the agent')
  .argument('<text...>', 'what you want')
  .addOption(jsonOption())
  .action(async (words, options) => (await import('./commands/ask.ts')).ask(words, options));

const chat = agent
  .command('chat')
  .description('talk to the agent; `quit` leaves')
  .action(async (options) => (await import('./commands/chat.ts')).chat(options));

const sandbox = program.command('sandbox').description('run any MCP server with less power');

const run = sandbox
  .command('run')
  .description('start the server of a manifest and speak MCP for it on stdio')
  .argument('<manifest>', 'manifest file')
  .option('--audit <file>', 'append the audit log to this file (default: a new one in the state folder)')
  .option('--json-log', 'messages and decisions on stderr as JSON lines', false)
  .action(async (path, options) => (await import('./commands/sandbox-run.ts')).sandboxRun(path, options));

const grant = sandbox
  .command('grant')
  .description('ask for what a manifest wants, start its server once, and remember its tools')
  .argument('<manifest>', 'manifest file')
  .action(async (path, options) => (await import('./commands/sandbox-grant.ts')).sandboxGrant(path, options));

const diff = sandbox
  .command('diff')
  .description('what a server asks for, runs and announces now, against what was granted; 1 when it differs')
  .argument('<manifest>', 'manifest file')
  .addOption(jsonOption())
  .action(async (path, options) => (await import('./commands/sandbox-diff.ts')).sandboxDiff(path, options));

sandbox
  .command('list')
  .description('show what was granted')
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/sandbox-list.ts')).sandboxList(options));

sandbox
  .command('revoke')
  .description('forget what was granted to a server')
  .argument('[server]', 'its manifest file, or its name')
  .option('--all', 'of every server', false)
  .action(async (server, options) =>
    (await import('./commands/sandbox-list.ts')).sandboxRevoke(server, options),
  );

const audit = sandbox.command('audit').description('what happened at the border of the sandbox');

audit
  .command('show')
  .description('list the runs that have a log, or the events of one')
  .argument('[log]', 'a file, or a run (the beginning of its name is enough)')
  .option('--server <name>', 'only of this server')
  .option('--denied', 'only what was refused or denied')
  .addOption(jsonOption())
  .action(async (name, options) => (await import('./commands/audit-show.ts')).auditShow(name, options));

audit
  .command('verify')
  .description('check that logs are as they were written (default: of all runs)')
  .argument('[logs...]', 'files or runs')
  .addOption(jsonOption())
  .action(async (names, options) => (await import('./commands/audit-verify.ts')).auditVerify(names, options));

for (const command of [ask, chat, run, grant, diff])
  for (const option of sandboxOptions()) command.addOption(option);

await runProgram(program);
