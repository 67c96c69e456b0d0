import { hash } from 'node:crypto';

/** What identifies a transaction that has no id of the bank. */
export interface Stated {
  readonly date: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly merchant: string;
  readonly description: string;
}

/** What one file says about a transaction. */
export interface Statement extends Stated {
  readonly accountId: number;
  readonly bankId: string | undefined;
  readonly content: string;
  readonly pending: boolean;
  /** For a new one. An import never changes what the rules or the user decided later. */
  readonly transfer: boolean;
  readonly category: string | undefined;
}

/**
 * A digest of what a file says. It begins with the day: rows of a file, which are in order of days, then stand side by side
 * in the index, and large imports stay fast.
 */
export function contentOf({ date, amountMinor, currency, merchant, description }: Stated): string {
  const said = `${date}\n${amountMinor}\n${currency}\n${merchant}\n${description}`;
  // 132 bits: nobody finds two texts with the same.
  return date + hash('sha256', said, 'base64url').slice(0, 22);
}
