/** A database that cannot be used, in words for a person. */
export class DatabaseUnusable extends Error {
  readonly hint: string;
  /** There is none yet; as opposed to one that is there and does not work. */
  readonly missing: boolean;
  constructor(message: string, hint: string, options: { cause?: unknown; missing?: boolean } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'DatabaseUnusable';
    this.hint = hint;
    this.missing = options.missing ?? false;
  }
}

/** A write was broken off in the middle. Whoever may write to the file can take it back. */
export class ChangeHalfDone extends DatabaseUnusable {}
