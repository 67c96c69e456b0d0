import type { SpendingDatabase } from '../database.ts';
import type { Category } from './categories.ts';
import type { Transaction } from './transactions.ts';

export type ExportedTransaction = Omit<Transaction, 'id' | 'categoryBy' | 'importId'> & {
  readonly kind: Category['kind'];
};

/** Those left out hold. */
export interface ExportRange {
  /** ISO 8601; both days are included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly accountId?: number | undefined;
}

type Row = Omit<ExportedTransaction, 'pending' | 'transfer'> & { pending: 0 | 1; transfer: 0 | 1 };

/**
 * All transactions of a range, in the order of what they say: equal data come in equal order, however they were written.
 * One at a time, so memory is bounded. Nobody can write to the database until the last one was taken.
 */
export function* allTransactions(
  db: SpendingDatabase,
  { from = '', to = '9999-99-99', accountId }: ExportRange,
): Generator<ExportedTransaction> {
  const rows = db
    .prepare<[{ from: string; to: string; accountId: number | null }], Row>(
      `SELECT t.date, t.amount_minor AS amountMinor, t.currency, c.name AS category, c.kind, a.name AS account,
         t.merchant, t.description, t.pending, t.transfer
       FROM transactions t CROSS JOIN categories c ON c.id = t.category_id CROSS JOIN accounts a ON a.id = t.account_id
       WHERE t.date >= @from AND t.date <= @to AND (@accountId IS NULL OR t.account_id = @accountId)
       ORDER BY t.date, t.amount_minor, t.currency, c.name, a.name, t.merchant, t.description, t.pending, t.transfer`,
    )
    .iterate({ from, to, accountId: accountId ?? null });
  for (const row of rows) yield { ...row, pending: row.pending === 1, transfer: row.transfer === 1 };
}
