import type { SpendingDatabase } from '../database.ts';
import { categories } from '../household/categories.ts';
import { folded } from '../household/names.ts';
import { compileRules, rules } from '../household/rules.ts';
import type { Statement } from './content.ts';

export interface Choice {
  readonly categoryId: number;
  readonly by: 'rule' | 'file' | 'default';
  readonly transfer: boolean;
}

const DEFAULTS = { out: ['Uncategorized', 'expense'], in: ['Uncategorized income', 'income'] } as const;

/**
 * Chooses a category: by the rules; else the file's own, if the household has it; else a category for what has none, which
 * is made when it is first needed.
 */
export function categoryChooser(db: SpendingDatabase): (said: Statement) => Choice {
  const ruleFor = compileRules(rules(db));
  const own = new Map(categories(db).map(({ id, name }) => [folded(name), id]));
  const made: { in?: number; out?: number } = {};
  const defaultOf = (direction: 'in' | 'out'): number => {
    const [name, kind] = DEFAULTS[direction];
    made[direction] ??=
      own.get(folded(name)) ??
      Number(db.prepare('INSERT INTO categories (name, kind) VALUES (?, ?)').run(name, kind).lastInsertRowid);
    return made[direction];
  };
  return (said) => {
    const rule = ruleFor(said);
    const transfer = said.transfer || rule?.transfer === true;
    if (rule?.categoryId) return { categoryId: rule.categoryId, by: 'rule', transfer };
    const file = said.category === undefined ? undefined : own.get(folded(said.category.trim()));
    if (file !== undefined) return { categoryId: file, by: 'file', transfer };
    return { categoryId: defaultOf(said.amountMinor > 0 ? 'in' : 'out'), by: 'default', transfer };
  };
}
