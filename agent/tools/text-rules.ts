import { isDeepStrictEqual } from 'node:util';
import { ownWordsProblem } from './own-words.ts';
import { ask, type BudgetFigures, deny, type PolicyFacts, type ProposedCall, type Rule } from './rule.ts';

export const recipientAllowed: Rule = (_args, { recipient, allowedRecipients }) => {
  if (recipient === undefined)
    return deny('the recipient is not a number in E.164; leave `to` out for the owner');
  return allowedRecipients.has(recipient)
    ? undefined
    : deny('this recipient is not allowed; leave `to` out to text the owner');
};

export const underTheCap: Rule = (_args, { cap }) =>
  cap === undefined ? undefined : deny(`${cap}: no more for now`);

export const hasWords: Rule = ({ message }) =>
  message === undefined ? deny('message is missing') : undefined;

/** Four segments of GSM-7: the server takes no more, and the user sees all of it in a small window. */
const MAX_FREE_TEXT = 612;

export const fitsAScreen: Rule = ({ message }) => {
  const { length } = String(message);
  return length > MAX_FREE_TEXT
    ? deny(`message has ${length} characters; the maximum is ${MAX_FREE_TEXT}`)
    : undefined;
};

export const freeTextNeedsAPerson: Rule = ({ message }, { recipient, owner, preApproved }) => {
  const because = 'a free text needs your approval';
  if (!preApproved || recipient !== owner) return ask(because);
  const problem = ownWordsProblem(String(message));
  return problem === undefined ? undefined : ask(`${because}: ${problem}`);
};

export const customMessageIsPlain: Rule = ({ custom_message: message }) => {
  const problem = message === undefined ? undefined : ownWordsProblem(String(message));
  return problem === undefined ? undefined : deny(`custom_message: ${problem}; leave it out`);
};

export const customMessageNeedsAPerson: Rule = (
  { custom_message: message },
  { recipient, owner, preApproved },
) =>
  message === undefined || (preApproved && recipient === owner)
    ? undefined
    : ask('a custom message needs your approval');

/** The budgets that match the figures of an alert. An alert does not name its period, so two may match. */
const matching = (
  { category, spent, budget, currency = 'CHF' }: ProposedCall['args'],
  budgets: PolicyFacts['budgets'],
) =>
  budgets.filter((b) =>
    isDeepStrictEqual([b.category, b.spent, b.limit, b.currency], [category, spent, budget, currency]),
  );

/** The budget of an alert. If several match, the one that is due. */
export const alertedBudget = (
  args: ProposedCall['args'],
  budgets: PolicyFacts['budgets'],
): BudgetFigures | undefined => {
  const fitting = matching(args, budgets);
  const first = (...states: BudgetFigures['alert']['state'][]) =>
    fitting.find(({ alert }) => states.includes(alert.state));
  return first('due') ?? first('held') ?? first('none') ?? fitting[0];
};

/** A category from the model may be no text, or very long. */
const shownName = (name: unknown): string =>
  typeof name === 'string' ? `"${name.slice(0, 40).toWellFormed()}"` : 'of that name';

export const figuresAreTrue: Rule = (args, { budgets }) => {
  if (matching(args, budgets).length > 0) return undefined;
  const ofCategory = budgets.filter((b) => b.category === args.category);
  if (ofCategory.length === 0) {
    const known = budgets.map((b) => b.category).join(', ');
    return deny(`there is no budget ${shownName(args.category)}; there are: ${known || 'none'}`);
  }
  const right = ofCategory
    .map((b) => `spent ${b.spent}, budget ${b.limit}, currency ${b.currency}`)
    .join('; or ');
  return deny(`these figures differ from the database, which has ${right}`);
};

export const onceAThreshold: Rule = (args, { budgets }) => {
  const alert = alertedBudget(args, budgets)?.alert;
  return alert?.state === 'done' ? deny(`${alert.reason}; it is not sent again`) : undefined;
};

export const dueOrAPerson: Rule = (args, { budgets }) => {
  const alert = alertedBudget(args, budgets)?.alert;
  if (alert?.state === 'none')
    return ask('this budget has reached no threshold, so its alert needs your approval');
  return alert?.state === 'held' ? ask(`${alert.reason}, so this alert needs your approval`) : undefined;
};

/**
 * Only these arguments, of these types. The server would refuse others too, but after the ledger row was written: the
 * refused call would count as possibly sent and hold back the alert that is due.
 */
export const onlyArguments =
  (types: Readonly<Record<string, 'string' | 'number'>>): Rule =>
  (args) => {
    for (const [name, value] of Object.entries(args)) {
      if (!Object.hasOwn(types, name))
        return deny(`there is no argument ${JSON.stringify(name.slice(0, 40))}; leave it out`);
      if (typeof value !== types[name]) return deny(`${name} must be a ${types[name]}`);
    }
    return undefined;
  };
