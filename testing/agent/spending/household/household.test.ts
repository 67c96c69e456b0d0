import { expect, test } from 'vitest';
import type { SpendingDatabase } from '../../../../agent/spending/database.ts';
import { addAccount, renameAccount } from '../../../../agent/spending/household/accounts.ts';
import { budgets, removeBudget, setBudget } from '../../../../agent/spending/household/budgets.ts';
import {
  categories,
  removeCategory,
  renameCategory,
} from '../../../../agent/spending/household/categories.ts';
import { addRule } from '../../../../agent/spending/household/rule-changes.ts';
import { rules } from '../../../../agent/spending/household/rules.ts';
import {
  removeTransaction,
  transaction,
  transactions,
} from '../../../../agent/spending/household/transactions.ts';
import {
  rewriteTransaction,
  type Typed,
  writeTransaction,
} from '../../../../agent/spending/household/typed-transactions.ts';
import { spendingInMemory } from '../../../support/spending.ts';

const TODAY = Temporal.PlainDate.from('2026-11-25');
const write = (db: SpendingDatabase, amount: string, typed: Typed = {}) =>
  writeTransaction(db, { category: 'food', ...typed, amount }, TODAY);

test.each<[string, Typed, number]>([
  ['12.50', {}, -1250],
  ['+12.50', {}, 1250],
  ['-12.50', {}, -1250],
  ['12.50', { refund: true }, 1250],
  ['12.50', { category: 'income' }, 1250],
  ['-12.50', { category: 'income' }, -1250],
  ['12.50', { transfer: true }, -1250],
  ['0', {}, 0],
  ['12.500', { currency: 'kwd' }, -12_500],
])('%s with %j is %i', (amount, typed, minor) => {
  const db = spendingInMemory();
  expect(write(db, amount, typed)).toMatchObject({
    amountMinor: minor,
    date: '2026-11-25',
    categoryBy: 'hand',
  });
});

test('what cannot be meant is refused, and nothing is written', () => {
  const db = spendingInMemory();
  for (const [typed, problem] of [
    [{ category: 'Boats' }, 'no category "Boats"'],
    [{ account: 'Boats' }, 'no account "Boats"'],
    [{ currency: 'zzz' }, 'no currency'],
    [{ category: undefined }, 'the category is missing'],
    [{ merchant: 'a\u001b[2Jb' }, 'the merchant has control'],
    [{ description: 'x'.repeat(201) }, 'the description has 201 characters'],
  ] as const)
    expect(() => write(db, '1', typed)).toThrow(problem);
  expect(() => write(db, '-1', { refund: true })).toThrow('a refund is money in');
  expect(transactions(db, {}, 10).total).toBe(0);
});

test('without a category, a rule chooses it', () => {
  const db = spendingInMemory();
  addRule(db, { text: 'employer', category: 'income' });
  addRule(db, { text: 'savings', category: 'travel', transfer: true });
  const added = (merchant: string) => write(db, '100', { category: undefined, merchant });
  expect(added('Employer AG')).toMatchObject({ category: 'Income', amountMinor: 10_000, categoryBy: 'rule' });
  expect(added('Savings')).toMatchObject({ category: 'Travel', amountMinor: -10_000, transfer: true });
});

test('an edit changes what was named and nothing else; an amount keeps its direction', () => {
  const db = spendingInMemory();
  const before = write(db, '10', { merchant: 'Coop', pending: true, refund: true });
  const edited = (typed: Typed) => rewriteTransaction(db, before.id, typed).after;
  expect(edited({ amount: '12' })).toEqual({ ...before, amountMinor: 1200 });
  expect(edited({ refund: false })).toEqual({ ...before, amountMinor: -1200 });
  expect(edited({ amount: '+5' })).toEqual({ ...before, amountMinor: 500 });
  expect(edited({ pending: false, amount: '5', currency: 'jpy' })).toEqual({
    ...before,
    pending: false,
    amountMinor: 5,
    currency: 'JPY',
  });
  expect(() => edited({})).toThrow('nothing to change');
  expect(() => edited({ currency: 'EUR' })).toThrow('needs its amount');
  expect(() => rewriteTransaction(db, 99, { amount: '1' })).toThrow('no transaction 99');
});

test('an imported transaction keeps what identifies it when it is edited, and when it is removed', () => {
  const db = spendingInMemory();
  addAccount(db, 'Cash');
  db.exec(`INSERT INTO imports (id, imported_at, file, format) VALUES (1, '2026-11-25', 'a.csv', 'csv');
    INSERT INTO transactions (date, amount_minor, currency, category_id, import_id, bank_id, content, occurrence)
    VALUES ('2026-11-25', -100, 'CHF', 1, 1, 'B1', 'what the file says', 1)`);
  const identity = (table: string) =>
    db.prepare(`SELECT account_id, bank_id, content, occurrence FROM ${table}`).all();
  const before = identity('transactions');
  rewriteTransaction(db, 1, { amount: '3', category: 'travel', date: TODAY, merchant: 'Coop' });
  expect(identity('transactions')).toEqual(before);
  expect(() => rewriteTransaction(db, 1, { account: 'cash' })).toThrow(
    'was imported into the account "Main"',
  );
  removeTransaction(db, 1);
  expect(() => transaction(db, 1)).toThrow('no transaction 1');
  expect(identity('removed')).toEqual(before);
});

test('a list is newest first, bounded, and searched by day, category, account and text', () => {
  const db = spendingInMemory();
  const cash = addAccount(db, 'Cash');
  for (const [date, merchant] of [
    ['2026-11-01', 'Coop'],
    ['2026-11-30', 'MIGROS ZÜRICH'],
    ['2026-12-01', '100%'],
  ] as const)
    write(db, '1', { date: Temporal.PlainDate.from(date), merchant });
  write(db, '1', { category: 'travel', account: cash.name, description: 'to Coop', pending: true });
  const found = (filter: Parameters<typeof transactions>[1], limit = 10) => {
    const { rows, total } = transactions(db, filter, limit);
    return [total, ...rows.map(({ id }) => id)];
  };
  expect(found({})).toEqual([4, 3, 2, 4, 1]);
  expect(found({}, 1)).toEqual([4, 3]);
  expect(found({ from: '2026-11-01', to: '2026-11-30' })).toEqual([3, 2, 4, 1]);
  expect(found({ text: 'COOP' })).toEqual([2, 4, 1]);
  expect(found({ text: 'zürich' })).toEqual([1, 2]);
  expect(found({ text: '%' })).toEqual([1, 3]);
  expect(found({ categoryId: 2 })).toEqual([1, 4]);
  expect(found({ accountId: cash.id })).toEqual([1, 4]);
  expect(found({ pending: true })).toEqual([1, 4]);
});

test('a budget that is set again stays the same budget; several of a category are told apart', () => {
  const db = spendingInMemory();
  const set = (amount: string, more = {}) =>
    setBudget(db, { category: 'FOOD', amount, period: 'month', ...more });
  const first = set('600');
  expect(first).toMatchObject({ now: { category: 'Food', limitMinor: 60_000, currency: 'CHF' } });
  expect(first.beforeMinor).toBeUndefined();
  expect(set('700.50')).toEqual({ now: { ...first.now, limitMinor: 70_050 }, beforeMinor: 60_000 });
  set('150', { period: 'week' });
  set('150', { currency: 'EUR' });
  expect(() => removeBudget(db, { category: 'food' })).toThrow(
    'has 3 budgets: CHF a month, EUR a month, CHF a week',
  );
  expect(() => removeBudget(db, { category: 'travel' })).toThrow('no such budget');
  removeBudget(db, { category: 'food', period: 'month', currency: 'eur' });
  expect(budgets(db).map(({ period, currency }) => [period, currency])).toEqual([
    ['month', 'CHF'],
    ['week', 'CHF'],
  ]);
  expect(() => setBudget(db, { category: 'income', amount: '1', period: 'week' })).toThrow(
    '"Income" is income',
  );
  expect(() => set('-1')).toThrow('below 0');
});

test("a budget's currency is the household's, else that of its first budget", () => {
  const db = spendingInMemory();
  db.exec("DELETE FROM settings WHERE name = 'currency'");
  const set = (currency?: string) =>
    setBudget(db, { category: 'food', amount: '1', period: 'week', currency });
  expect(() => set()).toThrow('the currency is missing');
  set('jpy');
  expect(set().now.currency).toBe('JPY');
});

test('a category that is removed leaves its transactions and rules to another one of its kind', () => {
  const db = spendingInMemory();
  write(db, '5');
  addRule(db, { text: 'x', category: 'Food' });
  setBudget(db, { category: 'Food', amount: '1', period: 'week' });
  const remove = (to?: string) => removeCategory(db, 'food', to);
  expect(() => remove('travel')).toThrow('has a budget');
  removeBudget(db, { category: 'Food' });
  expect(() => remove()).toThrow('has 1 transaction and 1 rule');
  expect(() => remove('food')).toThrow('cannot replace itself');
  expect(() => remove('income')).toThrow('"Food" is expense and "Income" is income');
  expect(remove('travel')).toMatchObject({ removed: { name: 'Food', transactions: 1 }, to: 'Travel' });
  expect(categories(db).map(({ name }) => name)).toEqual(['Travel', 'Income']);
  expect(transaction(db, 1).category).toBe('Travel');
  expect(rules(db)).toMatchObject([{ category: 'Travel' }]);
});

test('a rename may change the case of a name, and takes no other name', () => {
  const db = spendingInMemory();
  expect(renameCategory(db, 'FOOD', 'food')).toEqual({ from: 'Food', to: 'food' });
  expect(() => renameCategory(db, 'food', 'TRAVEL')).toThrow('"Travel" is taken');
  expect(renameAccount(db, 'main', 'Bank')).toEqual({ from: 'Main', to: 'Bank' });
});
