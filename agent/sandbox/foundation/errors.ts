/** Exit codes of every command (the app's GUIDE.md lists them). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  consent: 3,
  notConfigured: 4,
  hungUp: 129,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error for a person: what happened, how to fix it, and the exit code of the command. */
export class SpendwiseError extends Error {
  readonly hint: string;
  readonly exitCode: ExitCode;
  constructor(message: string, hint: string, exitCode: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = new.target.name;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** It was tried and did not work. */
export class Failed extends SpendwiseError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, hint, EXIT.failed, cause);
  }
}

/** Failed before anything took effect outside: safe to try again. */
export class NothingDone extends Failed {}

export class UsageError extends SpendwiseError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, hint, EXIT.usage, cause);
  }
}

/** The user did not agree, or could not be asked. Nothing was started. */
export class ConsentMissing extends SpendwiseError {
  constructor(message: string, hint: string) {
    super(message, hint, EXIT.consent);
  }
}

/** Something is missing on this machine, or a file or a variable is wrong. Nothing was started. */
export class NotConfigured extends SpendwiseError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, hint, EXIT.notConfigured, cause);
  }
}

/** A signal or Ctrl-C ended it. */
export class Interrupted extends SpendwiseError {
  /** May be undefined for Ctrl-C. */
  readonly by: NodeJS.Signals | undefined;
  constructor(by?: NodeJS.Signals, hint = 'nothing was left running') {
    super('interrupted', hint, by === 'SIGHUP' ? EXIT.hungUp : EXIT.interrupted);
    this.by = by;
  }
}
