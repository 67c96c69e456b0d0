import { type Command, CommanderError, Help, Option } from 'commander';
import { EXIT, type ExitCode, SpendwiseError, UsageError } from '../foundation/errors.ts';
import { speakPlainly } from '../foundation/plainly.ts';
import { ours, shownLines } from '../foundation/shown/shown.ts';
import { errorLines } from '../terminal/error-lines.ts';
import { err } from '../terminal/screen.ts';

/** Runs the command line of this process. */
export async function runProgram(program: Command): Promise<void> {
  // A closed pipe (`| head`) or terminal ends the program like a signal: servers are stopped, files removed.
  process.stdout.once('error', () => {
    process.stdout.on('error', () => {});
    const signal = process.stdout.isTTY ? 'SIGHUP' : 'SIGTERM';
    if (!process.emit(signal, signal)) process.exit(EXIT.failed);
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
    process.exitCode = report(error);
  }
}

/**
 * Makes Commander throw instead of exit, and print no errors. A command without one of its subcommands shows its help, on
 * stderr. Adds `--plain`, which the help of the program lists and each command takes. Subcommands do not inherit this.
 */
export function prepare(command: Command): void {
  command
    .configureHelp(HELP)
    .configureOutput({ outputError: () => {} })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      const what = error.code === 'commander.help' ? 'a command is missing' : error.message;
      throw new UsageError(what.replace(/^error: /, ''), `see \`${fullName(command)} --help\``);
    });
  const plain = new Option('--plain', 'words only, for screen readers: no bars, symbols or colours');
  command.addOption(plain.hideHelp(command.parent !== null)).on('option:plain', speakPlainly);
  for (const subcommand of command.commands) prepare(subcommand as Command);
}

const usual = new Help();

/** Help that fits a window of 50 columns. */
const HELP: Partial<Help> = {
  minWidthToWrap: 20,
  subcommandTerm: (command) => usual.subcommandTerm(command).replace(' [options]', ''),
  optionDescription: (option) => usual.optionDescription(option).replace(' (default: false)', ''),
};

const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;

export function report(error: unknown): ExitCode {
  if (error instanceof SpendwiseError) return say(error.message, error.hint, error.exitCode);
  // Help or a version that was asked for.
  if (error instanceof CommanderError) return EXIT.ok;
  const message = error instanceof Error ? error.message : String(error);
  if (process.env.SPENDWISE_DEBUG && error instanceof Error)
    err.line(shownLines(error.stack ?? '', ours`  `));
  return say(`unexpected: ${message}`, 'this is a bug; SPENDWISE_DEBUG=1 shows where', EXIT.failed);
}

function say(message: string, hint: string, exitCode: ExitCode): ExitCode {
  err.line(errorLines(message, hint));
  return exitCode;
}
