import { type Command, CommanderError } from 'commander';
import { EXIT, type ExitCode, SpendwiseError } from '../foundation/errors.ts';
import { ours, shownLines } from '../foundation/shown/shown.ts';
import { errorLines } from '../terminal/error-lines.ts';
import { err } from '../terminal/screen.ts';

/** Runs the command line of this process. */
export async function runProgram(program: Command): Promise<void> {
  // A closed pipe (`| head`) ends the program like a signal: servers are stopped, files removed.
  process.stdout.once('error', () => {
    process.stdout.on('error', () => {});
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(EXIT.failed);
  });
  // A closed stderr must not end the work.
  process.stderr.on('error', () => {});
  await runCommand(program, process.argv.slice(2));
}

/** Runs a command with these arguments. Errors are two lines on stderr and an exit code, never a stack trace. */
export async function runCommand(program: Command, args: readonly string[]): Promise<void> {
  prepare(program);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, program.name());
  }
}

/** Makes Commander throw instead of exit, and print nothing. Subcommands do not inherit this. */
function prepare(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  for (const subcommand of command.commands) prepare(subcommand as Command);
}

export function report(error: unknown, program = 'spendwise'): ExitCode {
  if (error instanceof SpendwiseError) return say(error.message, error.hint, error.exitCode);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help')
      return say('a command is missing', `see \`${program} --help\``, EXIT.usage);
    return say(error.message.replace(/^error: /, ''), `see \`${program} --help\``, EXIT.usage);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (process.env.SPENDWISE_DEBUG && error instanceof Error)
    err.line(shownLines(error.stack ?? '', ours`  `));
  return say(`unexpected: ${message}`, 'this is a bug; SPENDWISE_DEBUG=1 shows where', EXIT.failed);
}

function say(message: string, hint: string, exitCode: ExitCode): ExitCode {
  err.line(errorLines(message, hint));
  return exitCode;
}
