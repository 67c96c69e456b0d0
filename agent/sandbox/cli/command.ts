import { type Command, Option } from 'commander';
import type { HostProgram } from './host-program.ts';
import { jsonOption, onlyTools, runtimeOption, sandboxOptions, withoutTools } from './options.ts';

/**
 * Adds the commands of the sandbox to one of a program's: `spendwise sandbox`, or the package's own. The code of each is
 * imported when it is called, as is the program's.
 */
export function addSandboxCommands(sandbox: Command, program: () => Promise<HostProgram>): void {
  const run = sandbox
    .command('run')
    .description('run the server of a manifest in a sandbox, and speak MCP on stdio')
    .argument('<manifest>', 'manifest file')
    .option('--audit <file>', 'append the audit log to this file (default: a new one in the state folder)')
    .option('--json-log', 'print messages and decisions on stderr as JSON lines', false)
    .option('--stderr', 'print what the server writes to stderr, after its name', false)
    .action(async (path, options) => (await import('./run.ts')).sandboxRun(path, options, await program()));

  const init = sandbox
    .command('init')
    .description(
      'write a manifest for a published package or a command, and run it once with nothing granted',
    )
    .usage('[options] PACKAGE[@VERSION] [-- ARGUMENTS…] | -- COMMAND …')
    .argument('[words...]', 'a published package; or, after --, the command that starts a server')
    .addOption(
      new Option('--registry <registry>', 'where the package is: an npm registry, or a Python index')
        .choices(['npm', 'pypi'])
        .default('npm'),
    )
    .option('--out <file>', 'the manifest (default: NAME.json in this folder)')
    .option('--code <folder>', 'the code that the command runs in (default: this folder)')
    .option(
      '--code-image <image>',
      'the image that runs code under Docker (default for Python: python:3-slim)',
    )
    .option('--force', 'replace an existing manifest', false)
    .addOption(jsonOption())
    .action(async (words, options, command) => {
      const { sandboxInit, wordsAroundDashes } = await import('./init/init.ts');
      await sandboxInit(...wordsAroundDashes(words, command), options, await program());
    });

  const grant = sandbox
    .command('grant')
    .description('ask for the permissions of a manifest, start its server once, and remember its tools')
    .argument('<manifest>', 'manifest file')
    .option('--tools <names>', 'the client gets only these tools', onlyTools)
    .option('--no-tools <names>', 'the client gets all tools but these', withoutTools)
    .option('--limits <file>', 'a JSON file with the allowed tools and arguments')
    .option('--all-tools', 'the client gets every tool again', false)
    .action(async (path, options) =>
      (await import('./grant.ts')).sandboxGrant(path, options, await program()),
    );

  const diff = sandbox
    .command('diff')
    .description(
      'compare what a server asks for, runs and announces now with what was granted; exit code 1 if it differs',
    )
    .argument('<manifest>', 'manifest file')
    .addOption(jsonOption())
    .action(async (path, options) => (await import('./diff.ts')).sandboxDiff(path, options, await program()));

  sandbox
    .command('wrap')
    .description(
      'start the servers of an MCP client in the sandbox from now on; keeps a copy of its configuration',
    )
    .argument('<config>', 'configuration of Claude Desktop, Claude Code, Cursor or VS Code')
    .option('--server <name>', 'only this server')
    .option('--manifest <file>', 'use this manifest instead of a new one')
    .option('--undo', 'start them as before', false)
    .option('--dry-run', 'show what would be done', false)
    .action(async (path, options) =>
      (await import('./wrap/wrap.ts')).sandboxWrap(path, options, await program()),
    );

  sandbox
    .command('propose')
    .description(
      'show which permissions would have allowed what was denied since the last grant; grants nothing',
    )
    .argument('<manifest>', 'manifest file')
    .option('--write <numbers>', 'add these to the manifest: comma-separated numbers, or all')
    .addOption(jsonOption())
    .action(async (path, options) =>
      (await import('./propose/propose.ts')).sandboxPropose(path, options, await program()),
    );

  sandbox
    .command('list')
    .description('show what was granted')
    .addOption(jsonOption())
    .action(async (options) => (await import('./list.ts')).sandboxList(options, await program()));

  sandbox
    .command('revoke')
    .description('remove the grants of a server')
    .argument('[server]', 'its manifest file, or its name')
    .option('--all', 'all servers', false)
    .action(async (server, options) =>
      (await import('./list.ts')).sandboxRevoke(server, options, await program()),
    );

  const audit = sandbox.command('audit').description('show and check the audit logs of the sandbox');

  audit
    .command('show')
    .description('list runs with a log, or show the events of one')
    .argument('[log]', 'a file, or a run (the start of its name is enough)')
    .option('--server <name>', 'this server only')
    .option('--denied', 'refusals and denials only')
    .addOption(jsonOption())
    .action(async (name, options) =>
      (await import('./audit/show.ts')).auditShow(name, options, await program()),
    );

  audit
    .command('verify')
    .description('check that logs were not changed (default: the logs of all runs)')
    .argument('[logs...]', 'files or runs')
    .addOption(jsonOption())
    .action(async (names, options) =>
      (await import('./audit/verify.ts')).auditVerify(names, options, await program()),
    );

  sandbox
    .command('verify')
    .description('run a hostile server that tries to get out, and show what happened')
    .addOption(runtimeOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('./verify.ts')).sandboxVerify(options, await program()));

  for (const command of [run, init, grant, diff])
    for (const option of sandboxOptions()) command.addOption(option);
}
