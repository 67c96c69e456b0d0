/** A transaction as a bank's file states it, before it has a category of ours. */
export interface StatementEntry {
  /** Where it starts in the file: the line, counted from 1. For messages. */
  readonly line: number;
  /** When it was booked, YYYY-MM-DD. */
  readonly date: string;
  /** Signed minor units of `currency`: negative is money out. */
  readonly amountMinor: number;
  /** ISO 4217. Undefined if the file does not say: it is then the account's, or the household's. */
  readonly currency?: string | undefined;
  /** The other party. Empty if the file does not say. */
  readonly merchant: string;
  readonly description: string;
  /** The bank's own id, unique within the account: OFX `FITID`, camt.053 `AcctSvcrRef`. */
  readonly bankId?: string | undefined;
  /** Not final yet: the bank may still change or remove it. */
  readonly pending: boolean;
  /** Between the user's own accounts, if the file says so. */
  readonly transfer: boolean;
  /** The file's own category: a proposal, used if the household has a category of this name. */
  readonly category?: string | undefined;
  /** The account's number as the file has it (IBAN, account number). Undefined if the file does not say. */
  readonly accountNumber?: string | undefined;
}

/** Why an entry cannot be read. The file is refused, unless the user skips bad rows. */
export interface BadEntry {
  readonly line: number;
  readonly reason: string;
}

export interface StatementSink {
  readonly entry: (entry: StatementEntry) => void;
  readonly bad: (bad: BadEntry) => void;
}

/** Reads one file as its text arrives. Throws NotAStatement if the rest cannot be read either. */
export interface StatementReader {
  push(text: string): void;
  end(): void;
}

/** The file as a whole cannot be read: damaged, cut off, or of another format. */
export class NotAStatement extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

export interface ReaderOptions {
  /** ISO 4217: how many decimals amounts have where the file names no currency. */
  readonly currency: string;
}
