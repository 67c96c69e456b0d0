/** One way to try to get out. The code runs inside, as the server itself; `prelude.mjs` has its helpers. */
export interface Attempt {
  readonly id: string;
  readonly attempt: string;
  /** Body of an async function; what it returns is what was observed. */
  readonly code: string;
  /** What must be observed. */
  readonly expected: RegExp;
  /** A denial that must be on record, as `host:port reason`. */
  readonly recorded?: RegExp;
}

/** Stand-ins in attempts for values of the test: the account, the recipient, this machine's address on the bridge. */
export interface AttemptValues {
  readonly ACCOUNT: string;
  readonly OWNER: string;
  readonly SENDER: string;
  readonly GRANTED: string;
  readonly BRIDGE: string;
}
