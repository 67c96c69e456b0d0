import { UsageError } from '@spendwise/sandbox/errors';
import type { SpendingDatabase } from '../database.ts';
import { accountNamed } from './accounts.ts';
import { typedAmount, typedCurrency } from './amount.ts';
import { currencyOr } from './budgets.ts';
import { type Category, categories, categoryNamed } from './categories.ts';
import { ownText } from './names.ts';
import { compileRules, rules } from './rules.ts';
import {
  addTransaction,
  changeTransaction,
  type Transaction,
  type TransactionValues,
  transaction,
} from './transactions.ts';

/** A transaction as a person types it. */
export interface Typed {
  readonly amount?: string | undefined;
  readonly currency?: string | undefined;
  readonly date?: Temporal.PlainDate | undefined;
  readonly category?: string | undefined;
  readonly account?: string | undefined;
  readonly merchant?: string | undefined;
  readonly description?: string | undefined;
  readonly pending?: boolean | undefined;
  readonly transfer?: boolean | undefined;
  /** Money back: in a category of expenses, money in. */
  readonly refund?: boolean | undefined;
}

/** Without a category, the rules choose it. Throws UsageError. */
export function writeTransaction(
  db: SpendingDatabase,
  typed: Typed & { readonly amount: string },
  today: Temporal.PlainDate,
): Transaction {
  const currency = currencyOr(db, typed.currency);
  const account = accountNamed(db, typed.account);
  const merchant = ownText(typed.merchant ?? '', 'the merchant');
  const description = ownText(typed.description ?? '', 'the description');
  const described = { merchant, description, accountId: account.id };
  // Rules may look at the direction, which of an amount without a sign depends on the category.
  const likely = directed(typed, currency, true);
  const rule =
    typed.category === undefined ? compileRules(rules(db))({ ...described, amountMinor: likely }) : undefined;
  const category = categoryOf(db, typed.category ?? rule?.category ?? undefined);
  return addTransaction(db, {
    ...described,
    date: (typed.date ?? today).toString(),
    amountMinor: directed(typed, currency, category.kind === 'expense'),
    currency,
    categoryId: category.id,
    categoryBy: typed.category === undefined ? 'rule' : 'hand',
    pending: typed.pending ?? false,
    transfer: typed.transfer ?? rule?.transfer ?? false,
  });
}

function categoryOf(db: SpendingDatabase, name: string | undefined): Category {
  if (name !== undefined) return categoryNamed(db, name);
  const names = categories(db).map((category) => category.name);
  throw new UsageError(
    'the category is missing, and no rule chooses one',
    `give --category: ${names.join(', ')}`,
  );
}

/** A typed sign says the direction, as on a bank's statement. Without one, it is money out if `out`. */
function directed({ amount = '', refund }: Typed, currency: string, out: boolean): number {
  const { minor, sign } = typedAmount(amount, currency);
  if (refund && sign === '-')
    throw new UsageError('a refund is money in', 'leave the minus out, or leave --refund out');
  const isOut = sign === undefined ? (refund === undefined ? out : !refund) : sign === '-';
  return isOut && minor !== 0 ? -minor : minor;
}

/** Changes what was typed, and nothing else. Throws UsageError. */
export function rewriteTransaction(
  db: SpendingDatabase,
  id: number,
  typed: Typed,
): { before: Transaction; after: Transaction } {
  const before = transaction(db, id);
  const category = typed.category === undefined ? undefined : categoryNamed(db, typed.category);
  if (typed.account !== undefined && before.importId !== null)
    throw new UsageError(
      `transaction ${id} was imported into the account "${before.account}"`,
      'it stays there, or the next import would add it again; `spendwise accounts rename` renames the account',
    );
  const values: Partial<TransactionValues> = {
    ...newAmount(before, typed),
    ...(typed.date && { date: typed.date.toString() }),
    ...(category && { categoryId: category.id }),
    ...(typed.account !== undefined && { accountId: accountNamed(db, typed.account).id }),
    ...(typed.merchant !== undefined && { merchant: ownText(typed.merchant, 'the merchant') }),
    ...(typed.description !== undefined && { description: ownText(typed.description, 'the description') }),
    ...(typed.pending !== undefined && { pending: typed.pending }),
    ...(typed.transfer !== undefined && { transfer: typed.transfer }),
    // Both are what rules decide: from now on they leave this one alone.
    ...((category !== undefined || typed.transfer !== undefined) && { categoryBy: 'hand' }),
  };
  if (Object.keys(values).length === 0)
    throw new UsageError(
      'nothing to change was named',
      'such as --category Food; see `spendwise tx edit --help`',
    );
  return { before, after: changeTransaction(db, id, values) };
}

/** An amount without a sign keeps the direction. */
function newAmount(before: Transaction, typed: Typed): Partial<TransactionValues> {
  if (typed.currency !== undefined && typed.amount === undefined)
    throw new UsageError('a new currency needs its amount', 'give --amount too');
  if (typed.amount === undefined)
    return typed.refund === undefined
      ? {}
      : { amountMinor: Math.abs(before.amountMinor) * (typed.refund ? 1 : -1) };
  const currency = typed.currency === undefined ? before.currency : typedCurrency(typed.currency);
  return { currency, amountMinor: directed(typed, currency, before.amountMinor < 0) };
}
