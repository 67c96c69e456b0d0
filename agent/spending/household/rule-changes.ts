import { UsageError } from '@spendwise/sandbox/errors';
import type { SpendingDatabase } from '../database.ts';
import { accountNamed } from './accounts.ts';
import { categoryNamed } from './categories.ts';
import { ownText } from './names.ts';
import { compilePattern, compileRules, type Described, type Rule, rules } from './rules.ts';

export interface TypedRule {
  readonly text: string;
  readonly field?: Rule['field'];
  readonly how?: Rule['how'];
  readonly direction?: 'in' | 'out' | undefined;
  readonly account?: string | undefined;
  readonly category?: string | undefined;
  readonly transfer?: boolean;
  /** The number of the rule that comes after it; by default it is the last. */
  readonly before?: number | undefined;
}

/** Throws UsageError. */
export function addRule(db: SpendingDatabase, typed: TypedRule): Rule {
  const { how = 'contains', field = 'any', direction, transfer = false } = typed;
  const text = ownText(typed.text, "the rule's text");
  if (text === '') throw new UsageError('the rule has no text', 'it would match everything; give one');
  if (how === 'pattern') assertPattern(text);
  if (typed.category === undefined && !transfer)
    throw new UsageError('the rule does nothing', 'give --category CATEGORY, or --transfer');
  const category = typed.category === undefined ? undefined : categoryNamed(db, typed.category);
  const account = typed.account === undefined ? undefined : accountNamed(db, typed.account);
  const all = rules(db);
  const next = typed.before === undefined ? undefined : ruleOf(db, typed.before).id;
  const at = next === undefined ? all.length : all.findIndex(({ id }) => id === next);
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO rules (position, field, how, text, direction, account_id, category_id, transfer)
       VALUES (0, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(field, how, text, direction ?? null, account?.id ?? null, category?.id ?? null, Number(transfer));
  const id = Number(lastInsertRowid);
  const place = db.prepare('UPDATE rules SET position = ? WHERE id = ?');
  for (const [position, own] of all
    .map((rule) => rule.id)
    .toSpliced(at, 0, id)
    .entries())
    place.run(position, own);
  return ruleOf(db, id);
}

export function removeRule(db: SpendingDatabase, id: number): Rule {
  const rule = ruleOf(db, id);
  db.prepare('DELETE FROM rules WHERE id = ?').run(id);
  return rule;
}

function ruleOf(db: SpendingDatabase, id: number): Rule {
  const rule = rules(db).find((one) => one.id === id);
  if (rule === undefined)
    throw new UsageError(`there is no rule ${id}`, '`spendwise rules list` shows their numbers');
  return rule;
}

function assertPattern(pattern: string): void {
  try {
    compilePattern(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    throw new UsageError(
      `"${pattern}" is not a pattern: ${why}`,
      'patterns are those of RE2, such as migros|coop; without --pattern, the text itself is looked for',
    );
  }
}

export interface RuleChange {
  readonly id: number;
  readonly merchant: string;
  readonly from: string;
  readonly to: string;
  /** It becomes a transfer. */
  readonly transfer: boolean;
  readonly rule: number;
}

type Candidate = Described & { id: number; category: string; transfer: 0 | 1 };

/** What the rules would change now. Never a category that was chosen by hand. */
export function ruleChanges(db: SpendingDatabase): RuleChange[] {
  const ruleFor = compileRules(rules(db));
  const candidates = db
    .prepare<[], Candidate>(
      `SELECT t.id, t.merchant, t.description, t.amount_minor AS amountMinor, t.account_id AS accountId,
         c.name AS category, t.transfer
       FROM transactions t JOIN categories c ON c.id = t.category_id WHERE t.category_by <> 'hand' ORDER BY t.id`,
    )
    .iterate();
  const changes: RuleChange[] = [];
  for (const candidate of candidates) {
    const rule = ruleFor(candidate);
    const to = rule?.category ?? candidate.category;
    const transfer = rule?.transfer === true && candidate.transfer === 0;
    if (rule === undefined || (to === candidate.category && !transfer)) continue;
    const { id, merchant, category: from } = candidate;
    changes.push({ id, merchant, from, to, transfer, rule: rule.id });
  }
  return changes;
}

export function applyRules(db: SpendingDatabase): RuleChange[] {
  const changes = ruleChanges(db);
  const change = db.prepare(
    `UPDATE transactions SET category_id = (SELECT id FROM categories WHERE name = ?),
       category_by = 'rule', transfer = max(transfer, ?) WHERE id = ?`,
  );
  for (const { id, to, transfer } of changes) change.run(to, Number(transfer), id);
  return changes;
}
