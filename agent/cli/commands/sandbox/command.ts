import type { Command } from 'commander';
import { jsonOption, runtimeOption, sandboxOptions } from '../../options.ts';

/** `spendwise sandbox …`: for any MCP server. Each command's code is imported when it is called. */
export function addSandboxCommands(program: Command): void {
  const sandbox = program.command('sandbox').description('run any MCP server with less power');

  const run = sandbox
    .command('run')
    .description('start the server of a manifest and speak MCP for it on stdio')
    .argument('<manifest>', 'manifest file')
    .option('--audit <file>', 'append the audit log to this file (default: a new one in the state folder)')
    .option('--json-log', 'messages and decisions on stderr as JSON lines', false)
    .action(async (path, options) => (await import('./run.ts')).sandboxRun(path, options));

  const grant = sandbox
    .command('grant')
    .description('ask for what a manifest wants, start its server once, and remember its tools')
    .argument('<manifest>', 'manifest file')
    .action(async (path, options) => (await import('./grant.ts')).sandboxGrant(path, options));

  const diff = sandbox
    .command('diff')
    .description(
      'what a server asks for, runs and announces now, against what was granted; 1 when it differs',
    )
    .argument('<manifest>', 'manifest file')
    .addOption(jsonOption())
    .action(async (path, options) => (await import('./diff.ts')).sandboxDiff(path, options));

  sandbox
    .command('list')
    .description('show what was granted')
    .addOption(jsonOption())
    .action(async (options) => (await import('./list.ts')).sandboxList(options));

  sandbox
    .command('revoke')
    .description('forget what was granted to a server')
    .argument('[server]', 'its manifest file, or its name')
    .option('--all', 'of every server', false)
    .action(async (server, options) => (await import('./list.ts')).sandboxRevoke(server, options));

  const audit = sandbox.command('audit').description('what happened at the border of the sandbox');

  audit
    .command('show')
    .description('list the runs that have a log, or the events of one')
    .argument('[log]', 'a file, or a run (the beginning of its name is enough)')
    .option('--server <name>', 'only of this server')
    .option('--denied', 'only what was refused or denied')
    .addOption(jsonOption())
    .action(async (name, options) => (await import('../audit/show.ts')).auditShow(name, options));

  audit
    .command('verify')
    .description('check that logs are as they were written (default: of all runs)')
    .argument('[logs...]', 'files or runs')
    .addOption(jsonOption())
    .action(async (names, options) => (await import('../audit/verify.ts')).auditVerify(names, options));

  sandbox
    .command('verify')
    .description('let a hostile server try to get out, and show what happened')
    .addOption(runtimeOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('./verify.ts')).sandboxVerify(options));

  for (const command of [run, grant, diff]) for (const option of sandboxOptions()) command.addOption(option);
}
