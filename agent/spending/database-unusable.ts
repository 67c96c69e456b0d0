import { EXIT, type ExitCode, SpendwiseError } from '@spendwise/sandbox/errors';

export class DatabaseUnusable extends SpendwiseError {
  constructor(message: string, hint: string, cause?: unknown, exitCode: ExitCode = EXIT.failed) {
    super(message, hint, exitCode, cause);
  }
}

export class DatabaseMissing extends DatabaseUnusable {
  constructor(message: string, hint: string) {
    super(message, hint, undefined, EXIT.notConfigured);
  }
}

/** A killed program left a write incomplete. Any program with write access can roll it back. */
export class ChangeHalfDone extends DatabaseUnusable {}
