import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addAccount } from '../../../../agent/spending/household/accounts.ts';
import {
  addRule,
  applyRules,
  removeRule,
  ruleChanges,
} from '../../../../agent/spending/household/rule-changes.ts';
import { compileRules, type Described, rules } from '../../../../agent/spending/household/rules.ts';
import { transaction } from '../../../../agent/spending/household/transactions.ts';
import { rewriteTransaction } from '../../../../agent/spending/household/typed-transactions.ts';
import { hostileText } from '../../../support/hostile-text.ts';
import { spendingInMemory } from '../../../support/spending.ts';

const bought = (merchant: string, more: Partial<Described> = {}): Described => ({
  merchant,
  description: '',
  amountMinor: -1250,
  accountId: 1,
  ...more,
});

test('the first rule that matches wins; a rule can be put before another', () => {
  const db = spendingInMemory();
  const first = addRule(db, { text: 'migros', category: 'food' });
  addRule(db, { text: 'migrol', category: 'Travel' });
  const chosen = (merchant: string) => compileRules(rules(db))(bought(merchant))?.category;
  expect(chosen('MIGROS   Zürich')).toBe('Food');
  expect(chosen('Migrol')).toBe('Travel');
  expect(chosen('Coop')).toBeUndefined();
  const before = addRule(db, { text: 'migros fitness', category: 'travel', before: first.id });
  expect(rules(db).map(({ id }) => id)).toEqual([3, 1, 2]);
  expect(chosen('Migros  Fitness AG')).toBe('Travel');
  removeRule(db, before.id);
  expect(chosen('Migros Fitness AG')).toBe('Food');
});

test.each([
  [{ how: 'whole' as const }, 'sbb', ['SBB'], ['SBB Zug', 'x sbb']],
  [{ how: 'pattern' as const }, '^(sbb|zvv)\\b', ['SBB Zug', 'zvv'], ['the SBB', 'sbbx']],
  [{ how: 'contains' as const }, '.', ['a.b'], ['ab']],
  [{ how: 'contains' as const }, 'café', ['CAFE\u0301 Lang'], ['cafe']],
])('a rule that is %j with the text %s', (more, text, yes, no) => {
  const db = spendingInMemory();
  addRule(db, { text, category: 'Travel', ...more });
  const rule = compileRules(rules(db));
  for (const merchant of yes) expect(rule(bought(merchant)), merchant).toBeDefined();
  for (const merchant of no) expect(rule(bought(merchant)), merchant).toBeUndefined();
});

test('a rule may look at one field, one direction of money or one account only', () => {
  const db = spendingInMemory();
  const { id } = addAccount(db, 'Cash');
  const matches = (typed: object, what: Described) => {
    db.exec('DELETE FROM rules');
    addRule(db, { text: 'x', category: 'Food', ...typed });
    return compileRules(rules(db))(what) !== undefined;
  };
  const described = bought('', { description: 'x' });
  expect(matches({ field: 'merchant' }, described)).toBe(false);
  expect(matches({ field: 'description' }, described)).toBe(true);
  expect(matches({ field: 'description' }, bought('x'))).toBe(false);
  expect(matches({ direction: 'in' }, bought('x'))).toBe(false);
  expect(matches({ direction: 'out' }, bought('x'))).toBe(true);
  expect(matches({ direction: 'in' }, bought('x', { amountMinor: 1 }))).toBe(true);
  expect(matches({ account: 'cash' }, bought('x'))).toBe(false);
  expect(matches({ account: 'cash' }, bought('x', { accountId: id }))).toBe(true);
});

test.each([
  [{ text: '(', how: 'pattern' as const, category: 'Food' }, /not a pattern: missing closing/],
  [{ text: '(a{1000}){1000}', how: 'pattern' as const, category: 'Food' }, /not a pattern/],
  [{ text: ' ', category: 'Food' }, /no text/],
  [{ text: 'x' }, /does nothing/],
  [{ text: 'x\u001b[2J', category: 'Food' }, /hidden characters/],
  [{ text: 'x'.repeat(201), category: 'Food' }, /201 characters/],
  [{ text: 'x', category: 'Foood' }, /no category/],
  [{ text: 'x', category: 'Food', before: 7 }, /no rule 7/],
])('the rule %j is refused', (typed, problem) => {
  const db = spendingInMemory();
  expect(() => addRule(db, typed)).toThrow(problem);
  expect(rules(db)).toEqual([]);
});

test('applied to what is there, rules change what the preview says, never what was chosen by hand, and once', () => {
  const db = spendingInMemory();
  const add = db.prepare(
    `INSERT INTO transactions (date, amount_minor, currency, category_id, merchant, category_by)
     VALUES ('2026-11-25', ?, 'CHF', 2, ?, ?)`,
  );
  for (const by of ['hand', 'rule', 'file', 'default']) add.run(-100, `Migros by ${by}`, by);
  add.run(-80_000, 'Own savings', 'default');
  add.run(-100, 'Coop', 'default');
  addRule(db, { text: 'migros', category: 'Food' });
  addRule(db, { text: 'own savings', transfer: true });
  const planned = ruleChanges(db);
  expect(planned.map(({ id, from, to, transfer }) => [id, from, to, transfer])).toEqual([
    [2, 'Travel', 'Food', false],
    [3, 'Travel', 'Food', false],
    [4, 'Travel', 'Food', false],
    [5, 'Travel', 'Travel', true],
  ]);
  expect(applyRules(db)).toEqual(planned);
  expect(applyRules(db)).toEqual([]);
  expect(transaction(db, 1)).toMatchObject({ category: 'Travel', categoryBy: 'hand' });
  expect(transaction(db, 2)).toMatchObject({ category: 'Food', categoryBy: 'rule' });
  expect(transaction(db, 5)).toMatchObject({ category: 'Travel', transfer: true, categoryBy: 'rule' });
  expect(transaction(db, 6)).toMatchObject({ category: 'Travel', categoryBy: 'default' });
  // What a person decides afterwards holds.
  rewriteTransaction(db, 2, { category: 'Travel' });
  rewriteTransaction(db, 5, { transfer: false });
  expect(ruleChanges(db)).toEqual([]);
});

test('no text of a bank breaks a rule', () => {
  const db = spendingInMemory();
  addRule(db, { text: '(a|b)*c$', how: 'pattern', category: 'Food' });
  addRule(db, { text: 'x', category: 'Food' });
  const rule = compileRules(rules(db));
  fc.assert(fc.property(hostileText, hostileText, (a, b) => void rule(bought(a, { description: b }))));
});
