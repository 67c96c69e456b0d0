import { UsageError } from '@spendwise/sandbox/errors';
import { counted } from '@spendwise/sandbox/shown';
import type { SpendingDatabase } from '../database.ts';
import { named, newName } from './names.ts';

export interface Category {
  readonly id: number;
  readonly name: string;
  readonly kind: 'expense' | 'income';
}

export const categories = (db: SpendingDatabase): Category[] =>
  db.prepare<[], Category>('SELECT id, name, kind FROM categories ORDER BY id').all();

/** By its name, in any case. Throws UsageError. */
export const categoryNamed = (db: SpendingDatabase, name: string): Category =>
  named(categories(db), name, 'category');

export interface CategoryUse extends Category {
  readonly transactions: number;
  readonly budgets: number;
  readonly rules: number;
}

export const categoryUses = (db: SpendingDatabase): CategoryUse[] =>
  db
    .prepare<[], CategoryUse>(
      `SELECT c.id, c.name, c.kind, coalesce(t.uses, 0) AS transactions, coalesce(b.uses, 0) AS budgets,
         coalesce(r.uses, 0) AS rules
       FROM categories c ${['transactions t', 'budgets b', 'rules r'].map(uses).join(' ')} ORDER BY c.id`,
    )
    .all();

/** Counted once for all categories. */
function uses(table: string): string {
  const [name, alias] = table.split(' ');
  return `LEFT JOIN (SELECT category_id, count(*) AS uses FROM ${name} GROUP BY category_id) ${alias} ON ${alias}.category_id = c.id`;
}

const otherNames = (db: SpendingDatabase, except?: Category): string[] =>
  categories(db)
    .filter(({ id }) => id !== except?.id)
    .map(({ name }) => name);

export function addCategory(db: SpendingDatabase, text: string, kind: Category['kind']): Category {
  const name = newName(text, otherNames(db), 'category');
  const { lastInsertRowid } = db.prepare('INSERT INTO categories (name, kind) VALUES (?, ?)').run(name, kind);
  return { id: Number(lastInsertRowid), name, kind };
}

export function renameCategory(
  db: SpendingDatabase,
  old: string,
  text: string,
): { from: string; to: string } {
  const category = categoryNamed(db, old);
  const to = newName(text, otherNames(db, category), 'category');
  db.prepare('UPDATE categories SET name = ? WHERE id = ?').run(to, category.id);
  return { from: category.name, to };
}

/** Removes a category. Its transactions and rules go to `target`. Throws UsageError if it is still in use. */
export function removeCategory(db: SpendingDatabase, name: string, target: string | undefined) {
  const { id } = categoryNamed(db, name);
  const use = categoryUses(db).find((one) => one.id === id) as CategoryUse;
  if (use.budgets > 0)
    throw new UsageError(
      `the category "${use.name}" has a budget`,
      `remove that first: \`spendwise budgets rm "${use.name}"\``,
    );
  const to = target === undefined ? undefined : categoryNamed(db, target);
  if (to === undefined && use.transactions + use.rules > 0)
    throw new UsageError(
      `the category "${use.name}" has ${counted(use.transactions, 'transaction')} and ${counted(use.rules, 'rule')}`,
      'name the category that gets them: --to CATEGORY',
    );
  if (to?.id === id) throw new UsageError('a category cannot replace itself', 'name another one with --to');
  if (to !== undefined && to.kind !== use.kind)
    throw new UsageError(
      `"${use.name}" is ${use.kind} and "${to.name}" is ${to.kind}`,
      'give them to a category of the same kind',
    );
  for (const table of ['transactions', 'rules'])
    db.prepare(`UPDATE ${table} SET category_id = ? WHERE category_id = ?`).run(to?.id ?? null, id);
  db.prepare('DELETE FROM categories WHERE id = ?').run(id);
  return { removed: use, to: to?.name };
}
