import { isDeepStrictEqual } from 'node:util';

/** What the person allowed, and what is true now. Plain data: the policy itself looks nothing up. */
export interface PolicyFacts {
  /** The recipient a send would go to, in E.164; undefined when it is malformed. */
  readonly recipient: string | undefined;
  readonly allowedRecipients: ReadonlySet<string>;
  /** Figures in major units, as the database has them now. */
  readonly budgets: readonly BudgetFigures[];
  /** Budgets already alerted in this run, by `alertKey`. */
  readonly alerted: ReadonlySet<string>;
}

export interface BudgetFigures {
  readonly category: string;
  readonly period: string;
  readonly currency: string;
  readonly spent: number;
  readonly limit: number;
}

export interface ProposedCall {
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A denial is data that the model reads and may act on. */
export type Decision =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'ask'; readonly because: string }
  | { readonly verdict: 'deny'; readonly reason: string };

type Rule = (args: ProposedCall['args'], facts: PolicyFacts) => Decision | undefined;

const deny = (reason: string): Decision => ({ verdict: 'deny', reason });

const recipientAllowed: Rule = (_args, { recipient, allowedRecipients }) => {
  if (recipient === undefined)
    return deny('the recipient is not a number in E.164; leave `to` out for the owner');
  return allowedRecipients.has(recipient)
    ? undefined
    : deny('this recipient is not allowed; leave `to` out to text the owner');
};

const freeTextNeedsAPerson: Rule = () => ({ verdict: 'ask', because: 'a free text needs your approval' });

const customMessageNeedsAPerson: Rule = ({ custom_message: message }) =>
  message === undefined ? undefined : { verdict: 'ask', because: 'a custom message needs your approval' };

/** The budget whose figures an alert gives. Two of one category differ in their period, which an alert does not name. */
const matching = (
  { category, spent, budget, currency = 'CHF' }: ProposedCall['args'],
  budgets: PolicyFacts['budgets'],
) =>
  budgets.filter((b) =>
    isDeepStrictEqual([b.category, b.spent, b.limit, b.currency], [category, spent, budget, currency]),
  );

const keyOf = ({ category, period, currency }: BudgetFigures): string =>
  JSON.stringify([category, period, currency]);

/** Under which an alert counts as sent: the first budget it fits that has not been alerted. */
export const alertKey = (
  args: ProposedCall['args'],
  { budgets, alerted }: Pick<PolicyFacts, 'budgets' | 'alerted'>,
) =>
  matching(args, budgets)
    .map(keyOf)
    .find((key) => !alerted.has(key));

const figuresAreTrue: Rule = (args, { budgets }) => {
  if (matching(args, budgets).length > 0) return undefined;
  const ofCategory = budgets.filter((b) => b.category === args.category);
  if (ofCategory.length === 0) {
    const known = budgets.map((b) => b.category).join(', ');
    return deny(`there is no budget "${String(args.category)}"; there are: ${known || 'none'}`);
  }
  const right = ofCategory
    .map((b) => `spent ${b.spent}, budget ${b.limit}, currency ${b.currency}`)
    .join('; or ');
  return deny(`the figures are not what the database says: ${right}`);
};

const onceARun: Rule = (args, facts) =>
  alertKey(args, facts) === undefined
    ? deny(`an alert for ${String(args.category)} was already sent in this run`)
    : undefined;

const read: readonly Rule[] = [];

/** Which rules a tool's calls must pass, in order. A tool that is not here is denied. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  'spending.get_budget_status': read,
  'spending.get_spending': read,
  'spending.find_transactions': read,
  'sms.get_message_status': read,
  'sms.find_messages': [recipientAllowed],
  'sms.send_sms': [recipientAllowed, freeTextNeedsAPerson],
  'sms.send_budget_alert': [recipientAllowed, figuresAreTrue, onceARun, customMessageNeedsAPerson],
};

/** Allowed, a person's to approve, or denied with a reason. Pure; the first rule that objects decides. */
export function decide({ server, tool, args }: ProposedCall, facts: PolicyFacts): Decision {
  const key = `${server}.${tool}`;
  const rules = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  if (rules === undefined) return deny(`no rule allows the tool ${server}.${tool}`);
  for (const rule of rules) {
    const decision = rule(args, facts);
    if (decision) return decision;
  }
  return { verdict: 'allow' };
}
