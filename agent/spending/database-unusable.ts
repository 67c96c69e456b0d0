import { EXIT, type ExitCode, SpendwiseError } from '@spendwise/sandbox/errors';

/** A database that cannot be used. */
export class DatabaseUnusable extends SpendwiseError {
  constructor(message: string, hint: string, cause?: unknown, exitCode: ExitCode = EXIT.failed) {
    super(message, hint, exitCode, cause);
  }
}

/** There is none yet. */
export class DatabaseMissing extends DatabaseUnusable {
  constructor(message: string, hint: string) {
    super(message, hint, undefined, EXIT.notConfigured);
  }
}

/** A write was broken off in the middle. Any program that may write to the file can take it back. */
export class ChangeHalfDone extends DatabaseUnusable {}
