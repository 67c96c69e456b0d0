import type { SpendingDatabase } from '../database.ts';

export interface Reconciled {
  /** Pending ones, and what the bank made of them: now one transaction. */
  readonly merged: number;
  /** New ones that are probably another one, which the user is asked about. */
  readonly suspected: number;
}

interface Finished {
  readonly id: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Rows from here on are new. */
  readonly firstRow: number;
}

export function reconcile(_db: SpendingDatabase, _finished: Finished): Reconciled {
  return { merged: 0, suspected: 0 };
}
