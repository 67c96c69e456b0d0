import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addAccount } from '../../../../agent/spending/household/accounts.ts';
import { addCategory } from '../../../../agent/spending/household/categories.ts';
import { named, newName, ownText } from '../../../../agent/spending/household/names.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../../support/hostile-text.ts';
import { spendingInMemory } from '../../../support/spending.ts';

const all = ['Food & Dining', 'Groceries', 'GROCERIES', 'Café'].map((name) => ({ name }));
const whichIs = (text: string) => named(all, text, 'category').name;

test('an exact name wins, then the only one in any case; both ways to write an accent are one', () => {
  expect(whichIs('Groceries')).toBe('Groceries');
  expect(whichIs('food & dining')).toBe('Food & Dining');
  expect(whichIs('CAFE\u0301')).toBe('Café');
});

test.each([
  ['groceries', /more than one category is called "groceries"/, /exactly: Groceries, GROCERIES/],
  ['food', /no category "food"/, /did you mean "Food & Dining"/],
  ['Cfé', /no category/, /did you mean "Café"/],
  ['Boats', /no category/, /^there are: Food & Dining, Groceries, GROCERIES, Café$/],
  ['', /no category ""/, /^there are/],
])('"%s" is refused with what was meant', (text, message, hint) => {
  expect(() => whichIs(text)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(hint) }),
  );
});

test('a name that another one has in any case, none, or too long a one is refused', () => {
  expect(newName('  Fun   money ', ['Food'], 'category')).toBe('Fun money');
  expect(() => newName('FOOD', ['Food'], 'category')).toThrow('"Food" is taken by another category');
  expect(() => newName('  ', [], 'category')).toThrow('needs a name');
  expect(() => newName('x'.repeat(61), [], 'category')).toThrow('61 characters');
});

test('text that a person could not see, or a terminal would obey, is refused or harmless', () => {
  for (const text of ['a\u001b[2Jb', 'a\nb', 'a\u202eb', 'a\u200bb', 'a\tb', 'a\u00a0b', '\u0301a'])
    expect(() => ownText(text, 'it')).toThrow('control or hidden characters');
  fc.assert(
    fc.property(hostileText, (text) => {
      let kept = '';
      try {
        kept = ownText(text, 'it');
      } catch {
        // Refused.
      }
      expect(kept).not.toMatch(OBEYED_OR_HIDDEN);
      expect(kept).not.toContain('\n');
      expect(kept.length).toBeLessThanOrEqual(200);
    }),
  );
});

test('accounts and categories are named by the same rules', () => {
  const db = spendingInMemory();
  expect(() => addCategory(db, 'a\u001bb', 'expense')).toThrow('hidden characters');
  expect(() => addAccount(db, 'MAIN')).toThrow('"Main" is taken by another account');
});
