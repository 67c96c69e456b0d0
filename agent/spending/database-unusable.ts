import { statSync } from 'node:fs';
import { EXIT, type ExitCode, SpendwiseError } from '@spendwise/sandbox/errors';
import { SqliteError } from 'better-sqlite3';

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

/** Turns SQLite errors of `work` into DatabaseUnusable. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explain(error, path);
  }
}

/** An SQLite error of the database at `path` as DatabaseUnusable; any other error as it is. */
export function explain(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteError)) return error;
  const { code } = error;
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new DatabaseUnusable(
      `${path} is locked by another program`,
      'close it there, then try again',
      error,
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new DatabaseUnusable(
      `${path} is damaged, or not an SQLite database`,
      'restore it from a copy, or set SPENDWISE_DB to another path',
      error,
    );
  }
  // If the journal cannot be written, SQLite may not open the database at all.
  if (code === 'SQLITE_READONLY_ROLLBACK' || (code.startsWith('SQLITE_CANTOPEN') && hasJournal(path))) {
    return new ChangeHalfDone(
      `a program that changed ${path} was killed before it was done`,
      'run `spendwise status`: it rolls the incomplete change back',
      error,
    );
  }
  if (code === 'SQLITE_FULL') {
    return new DatabaseUnusable(
      `${path} was not changed: the disk is full`,
      'make room, then try again',
      error,
    );
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_IOERR')
  ) {
    return new DatabaseUnusable(
      `${path} cannot be opened (${code})`,
      'check the permissions of the file and folder',
      error,
    );
  }
  return new DatabaseUnusable(
    `${path}: ${error.message}`,
    'the database may come from another version',
    error,
  );
}

export const hasJournal = (path: string): boolean =>
  (statSync(`${path}-journal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
