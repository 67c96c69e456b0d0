import { UsageError } from '@spendwise/sandbox/errors';
import type { SpendingDatabase } from '../database.ts';
import { removeForGood } from '../import/remove.ts';
import { folded } from './names.ts';

export interface Transaction {
  readonly id: number;
  readonly date: string;
  /** Signed: negative is money out. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly category: string;
  readonly categoryBy: 'hand' | 'rule' | 'file' | 'default';
  readonly account: string;
  readonly merchant: string;
  readonly description: string;
  readonly pending: boolean;
  readonly transfer: boolean;
  /** Null if it was written by hand. */
  readonly importId: number | null;
  /** Probably the same as this one, until the user says. */
  readonly suspectOf: number | null;
}

/** All must hold; those left out hold. */
export interface TransactionFilter {
  readonly from?: string | undefined;
  /** Included. */
  readonly to?: string | undefined;
  readonly categoryId?: number | undefined;
  readonly accountId?: number | undefined;
  /** In merchant or description, without case. */
  readonly text?: string | undefined;
  readonly pending?: boolean | undefined;
}

const COLUMNS = `t.id, t.date, t.amount_minor AS amountMinor, t.currency, c.name AS category, t.category_by AS categoryBy,
  a.name AS account, t.merchant, t.description, t.pending, t.transfer, t.import_id AS importId, t.suspect_of AS suspectOf`;
const NAMES = 'JOIN categories c ON c.id = t.category_id JOIN accounts a ON a.id = t.account_id';

type Row = Omit<Transaction, 'pending' | 'transfer'> & { pending: 0 | 1; transfer: 0 | 1 };
const ofRow = (row: Row): Transaction => ({
  ...row,
  pending: row.pending === 1,
  transfer: row.transfer === 1,
});

/** Newest first: at most `limit` of `total`. */
export function transactions(
  db: SpendingDatabase,
  filter: TransactionFilter,
  limit: number,
): { rows: Transaction[]; total: number } {
  const text = filter.text === undefined ? undefined : folded(filter.text);
  // SQLite's own function is faster, and knows the letters of ASCII only.
  const fold = text === undefined || /^\p{ASCII}*$/u.test(text) ? 'lower' : 'folded';
  db.function('folded', { deterministic: true }, (value) => folded(String(value)));
  const conditions = {
    from: 't.date >= @from',
    to: 't.date <= @to',
    categoryId: 't.category_id = @categoryId',
    accountId: 't.account_id = @accountId',
    text: `instr(${fold}(t.merchant), @text) > 0 OR instr(${fold}(t.description), @text) > 0`,
  };
  const names = Object.keys(conditions) as (keyof typeof conditions)[];
  const where = names.filter((name) => filter[name] !== undefined).map((name) => `(${conditions[name]})`);
  if (filter.pending) where.push('t.pending');
  const found = `FROM transactions t WHERE ${['true', ...where].join(' AND ')}`;
  const values = {
    ...Object.fromEntries(names.map((name) => [name, filter[name] ?? null])),
    text: text ?? null,
    limit,
  };
  const total = db.prepare(`SELECT count(*) ${found}`).pluck().get(values) as number;
  // Joined after the limit: only those rows are read.
  const rows = db
    .prepare<[typeof values], Row>(
      `SELECT ${COLUMNS} FROM (SELECT * ${found} ORDER BY date DESC, id DESC LIMIT @limit) t ${NAMES}
       ORDER BY t.date DESC, t.id DESC`,
    )
    .all(values);
  return { rows: rows.map(ofRow), total };
}

/** Throws UsageError if there is none. */
export function transaction(db: SpendingDatabase, id: number): Transaction {
  const row = db
    .prepare<[number], Row>(`SELECT ${COLUMNS} FROM transactions t ${NAMES} WHERE t.id = ?`)
    .get(id);
  if (row === undefined)
    throw new UsageError(`there is no transaction ${id}`, '`spendwise tx list` shows their numbers');
  return ofRow(row);
}

/** What can change about a transaction. What identifies an imported one stays, so no import adds it again. */
export interface TransactionValues {
  readonly date: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly categoryId: number;
  readonly categoryBy: 'hand' | 'rule';
  readonly accountId: number;
  readonly merchant: string;
  readonly description: string;
  readonly pending: boolean;
  readonly transfer: boolean;
}

const COLUMN: Readonly<Record<keyof TransactionValues, string>> = {
  date: 'date',
  amountMinor: 'amount_minor',
  currency: 'currency',
  categoryId: 'category_id',
  categoryBy: 'category_by',
  accountId: 'account_id',
  merchant: 'merchant',
  description: 'description',
  pending: 'pending',
  transfer: 'transfer',
};

export function addTransaction(db: SpendingDatabase, values: TransactionValues): Transaction {
  const [columns, bound] = columnsOf(values);
  const { lastInsertRowid } = db
    .prepare(`INSERT INTO transactions (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    .run(bound);
  return transaction(db, Number(lastInsertRowid));
}

export function changeTransaction(
  db: SpendingDatabase,
  id: number,
  values: Partial<TransactionValues>,
): Transaction {
  const [columns, bound] = columnsOf(values);
  const set = columns.map((column) => `${column} = ?`).join(', ');
  db.prepare(`UPDATE transactions SET ${set} WHERE id = ?`).run([...bound, id]);
  return transaction(db, id);
}

function columnsOf(values: Partial<TransactionValues>): [string[], (string | number)[]] {
  const given = (Object.keys(COLUMN) as (keyof TransactionValues)[]).flatMap((name) => {
    const value = values[name];
    return value === undefined
      ? []
      : [[COLUMN[name], typeof value === 'boolean' ? Number(value) : value] as const];
  });
  return [given.map(([column]) => column), given.map(([, value]) => value)];
}

/** Gives it as it was. */
export function removeTransaction(db: SpendingDatabase, id: number): Transaction {
  const removed = transaction(db, id);
  removeForGood(db, id);
  return removed;
}
