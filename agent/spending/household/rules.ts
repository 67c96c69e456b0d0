import { RE2JS } from 're2js';
import type { SpendingDatabase } from '../database.ts';
import { folded } from './names.ts';

export interface Rule {
  readonly id: number;
  readonly field: 'merchant' | 'description' | 'any';
  readonly how: 'contains' | 'whole' | 'pattern';
  readonly text: string;
  /** Only money in, or only money out. */
  readonly direction: 'in' | 'out' | null;
  readonly accountId: number | null;
  readonly account: string | null;
  readonly categoryId: number | null;
  readonly category: string | null;
  /** Marks the transaction as a transfer between own accounts. */
  readonly transfer: boolean;
}

/** In the order in which they are tried. */
export const rules = (db: SpendingDatabase): Rule[] =>
  db
    .prepare<[], Omit<Rule, 'transfer'> & { transfer: 0 | 1 }>(
      `SELECT r.id, r.field, r.how, r.text, r.direction, r.account_id AS accountId, a.name AS account,
         r.category_id AS categoryId, c.name AS category, r.transfer
       FROM rules r LEFT JOIN accounts a ON a.id = r.account_id LEFT JOIN categories c ON c.id = r.category_id
       ORDER BY r.position, r.id`,
    )
    .all()
    .map((rule) => ({ ...rule, transfer: rule.transfer === 1 }));

/** What a rule looks at. */
export interface Described {
  readonly merchant: string;
  readonly description: string;
  /** Signed: negative is money out. */
  readonly amountMinor: number;
  readonly accountId: number;
}

/** The first rule that matches a transaction. Compiled once, because an import asks a million times. */
export function compileRules(all: readonly Rule[]): (what: Described) => Rule | undefined {
  if (all.length === 0) return () => undefined;
  const compiled = all.map((rule) => ({ rule, matches: matcher(rule) }));
  return (what) => {
    const merchant = plain(what.merchant);
    const description = plain(what.description);
    return compiled.find(({ rule, matches }) => {
      if (rule.direction !== null && (rule.direction === 'in') !== what.amountMinor > 0) return false;
      if (rule.accountId !== null && rule.accountId !== what.accountId) return false;
      return (
        (rule.field !== 'description' && matches(merchant)) ||
        (rule.field !== 'merchant' && matches(description))
      );
    })?.rule;
  };
}

function matcher({ how, text }: Rule): (text: string) => boolean {
  if (how === 'pattern') {
    const pattern = compilePattern(text);
    return (candidate) => pattern.test(candidate);
  }
  const wanted = plain(text);
  return how === 'whole' ? (candidate) => candidate === wanted : (candidate) => candidate.includes(wanted);
}

/** RE2 takes time in proportion to the text, whatever the pattern. Throws for an invalid pattern. */
export const compilePattern = (pattern: string): RE2JS => RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);

/** Without case, and without the columns of spaces in banks' texts. */
const plain = (text: string): string => folded(text).replace(/\s{2,}/g, ' ');
