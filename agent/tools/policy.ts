import { isDeepStrictEqual } from 'node:util';
import { ownWordsProblem } from './own-words.ts';

/** What the person allowed, and what is true now. Plain data: the policy itself looks nothing up. */
export interface PolicyFacts {
  /** The recipient a send would go to, in E.164; undefined when it is malformed. */
  readonly recipient: string | undefined;
  readonly allowedRecipients: ReadonlySet<string>;
  /** The person's own number. */
  readonly owner: string;
  /** The person said beforehand that texts to their own number need no question. */
  readonly preApproved: boolean;
  /** Figures in major units, as the database has them now. */
  readonly budgets: readonly BudgetFigures[];
  /** Why no more texts may go out for now. */
  readonly cap: string | undefined;
}

export interface BudgetFigures {
  readonly budgetId: number;
  readonly category: string;
  readonly period: string;
  readonly currency: string;
  readonly spent: number;
  readonly limit: number;
  /** What an alert for it would be: due; sent before; or nothing that a threshold asks for. */
  readonly alert:
    | { readonly state: 'due' }
    /** Due, and held back: quiet hours, a snooze. */
    | { readonly state: 'held'; readonly reason: string }
    | { readonly state: 'done'; readonly reason: string }
    | { readonly state: 'none' };
}

export interface ProposedCall {
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A text that may go out, with all that its place in the ledger needs. */
export type Send =
  | { readonly kind: 'text'; readonly recipient: string; readonly message: string }
  | {
      readonly kind: 'alert';
      readonly recipient: string;
      readonly budget: BudgetFigures;
      readonly customMessage: string | undefined;
    };

type Denial = { readonly verdict: 'deny'; readonly reason: string };
type Question = { readonly verdict: 'ask'; readonly because: string };

/** `send` is undefined for a call that sends nothing. A denial is data that the model reads and may act on. */
export type Decision =
  | { readonly verdict: 'allow'; readonly send: Send | undefined }
  /** `because` has all `questions` in one line. */
  | (Question & { readonly questions: readonly string[]; readonly send: Send | undefined })
  | Denial;

type Rule = (args: ProposedCall['args'], facts: PolicyFacts) => Denial | Question | undefined;

const deny = (reason: string): Denial => ({ verdict: 'deny', reason });
const ask = (because: string): Question => ({ verdict: 'ask', because });

const recipientAllowed: Rule = (_args, { recipient, allowedRecipients }) => {
  if (recipient === undefined)
    return deny('the recipient is not a number in E.164; leave `to` out for the owner');
  return allowedRecipients.has(recipient)
    ? undefined
    : deny('this recipient is not allowed; leave `to` out to text the owner');
};

const underTheCap: Rule = (_args, { cap }) =>
  cap === undefined ? undefined : deny(`${cap}: no more for now`);

const hasWords: Rule = ({ message }) => (message === undefined ? deny('message is missing') : undefined);

/** Four segments of the plainest alphabet: the server takes no more, and a person sees all of it in a small window. */
const MAX_FREE_TEXT = 612;

const fitsAScreen: Rule = ({ message }) => {
  const { length } = String(message);
  return length > MAX_FREE_TEXT
    ? deny(`message has ${length} characters; at most ${MAX_FREE_TEXT}`)
    : undefined;
};

const freeTextNeedsAPerson: Rule = ({ message }, { recipient, owner, preApproved }) => {
  const because = 'a free text needs your approval';
  if (!preApproved || recipient !== owner) return ask(because);
  const problem = ownWordsProblem(String(message));
  return problem === undefined ? undefined : ask(`${because}: ${problem}`);
};

const customMessageIsPlain: Rule = ({ custom_message: message }) => {
  const problem = message === undefined ? undefined : ownWordsProblem(String(message));
  return problem === undefined ? undefined : deny(`custom_message: ${problem}; leave it out`);
};

const customMessageNeedsAPerson: Rule = ({ custom_message: message }, { recipient, owner, preApproved }) =>
  message === undefined || (preApproved && recipient === owner)
    ? undefined
    : ask('a custom message needs your approval');

/** The budgets whose figures an alert gives. Two of one category differ in their period, which an alert does not name. */
const matching = (
  { category, spent, budget, currency = 'CHF' }: ProposedCall['args'],
  budgets: PolicyFacts['budgets'],
) =>
  budgets.filter((b) =>
    isDeepStrictEqual([b.category, b.spent, b.limit, b.currency], [category, spent, budget, currency]),
  );

/** Which budget an alert is about: of several with the same figures the one that is due. */
const alertedBudget = (
  args: ProposedCall['args'],
  budgets: PolicyFacts['budgets'],
): BudgetFigures | undefined => {
  const fitting = matching(args, budgets);
  const first = (...states: BudgetFigures['alert']['state'][]) =>
    fitting.find(({ alert }) => states.includes(alert.state));
  return first('due') ?? first('held') ?? first('none') ?? fitting[0];
};

/** What a model takes for a category: it may be no text, and it may be long. */
const shownName = (name: unknown): string =>
  typeof name === 'string' ? `"${name.slice(0, 40).toWellFormed()}"` : 'of that name';

const figuresAreTrue: Rule = (args, { budgets }) => {
  if (matching(args, budgets).length > 0) return undefined;
  const ofCategory = budgets.filter((b) => b.category === args.category);
  if (ofCategory.length === 0) {
    const known = budgets.map((b) => b.category).join(', ');
    return deny(`there is no budget ${shownName(args.category)}; there are: ${known || 'none'}`);
  }
  const right = ofCategory
    .map((b) => `spent ${b.spent}, budget ${b.limit}, currency ${b.currency}`)
    .join('; or ');
  return deny(`the figures are not what the database says: ${right}`);
};

const onceAThreshold: Rule = (args, { budgets }) => {
  const alert = alertedBudget(args, budgets)?.alert;
  return alert?.state === 'done' ? deny(`${alert.reason}; nothing is sent again`) : undefined;
};

const dueOrAPerson: Rule = (args, { budgets }) => {
  const alert = alertedBudget(args, budgets)?.alert;
  if (alert?.state === 'none')
    return ask('this budget has reached no threshold, so its alert needs your approval');
  return alert?.state === 'held' ? ask(`${alert.reason}, so this alert needs your approval`) : undefined;
};

/** What SpendWise itself puts into a call. */
const noneOf =
  (...names: readonly string[]): Rule =>
  (args) => {
    const name = names.find((each) => Object.hasOwn(args, each));
    return name === undefined ? undefined : deny(`${name} is not yours to set; leave it out`);
  };

/**
 * Texts and numbers by their names. The server would refuse anything else, but only once the ledger's place is taken: a
 * text that nobody ever sent would count as one that may have gone out, and stand against the alert that is due.
 */
const onlyArguments =
  (types: Readonly<Record<string, 'string' | 'number'>>): Rule =>
  (args) => {
    for (const [name, value] of Object.entries(args)) {
      if (!Object.hasOwn(types, name))
        return deny(`there is no argument ${JSON.stringify(name.slice(0, 40))}; leave it out`);
      if (typeof value !== types[name]) return deny(`${name} must be a ${types[name]}`);
    }
    return undefined;
  };

const read: readonly Rule[] = [];

/** Tools that send nothing, with the rules that their calls must pass. */
const READS: Readonly<Record<string, readonly Rule[]>> = {
  'spending.get_budget_status': read,
  'spending.get_spending': read,
  'spending.find_transactions': read,
  'sms.get_message_status': read,
  'sms.find_messages': [recipientAllowed, noneOf('body')],
};

interface SendingTool {
  readonly rules: readonly Rule[];
  /** Undefined: the ledger could not know the text by it, and it must not go out. */
  readonly send: (args: ProposedCall['args'], facts: PolicyFacts) => Send | undefined;
}

/** Tools whose calls send a text: each takes a place in the ledger first. */
const SENDS: Readonly<Record<string, SendingTool>> = {
  'sms.send_sms': {
    rules: [
      recipientAllowed,
      noneOf('idempotency_key'),
      onlyArguments({ to: 'string', message: 'string' }),
      hasWords,
      fitsAScreen,
      underTheCap,
      freeTextNeedsAPerson,
    ],
    send: ({ message }, { recipient }) =>
      recipient === undefined || typeof message !== 'string'
        ? undefined
        : { kind: 'text', recipient, message },
  },
  'sms.send_budget_alert': {
    rules: [
      recipientAllowed,
      noneOf('idempotency_key'),
      figuresAreTrue,
      onlyArguments({
        to: 'string',
        category: 'string',
        spent: 'number',
        budget: 'number',
        currency: 'string',
        custom_message: 'string',
      }),
      onceAThreshold,
      customMessageIsPlain,
      underTheCap,
      dueOrAPerson,
      customMessageNeedsAPerson,
    ],
    send: (args, { recipient, budgets }) => {
      const budget = alertedBudget(args, budgets);
      const { custom_message: custom } = args;
      const customMessage = typeof custom === 'string' ? custom : undefined;
      return recipient === undefined || budget === undefined
        ? undefined
        : { kind: 'alert', recipient, budget, customMessage };
    },
  },
};

const nameOf = ({ server, tool }: ProposedCall): string => `${server}.${tool}`;

export const isSend = (call: ProposedCall): boolean => Object.hasOwn(SENDS, nameOf(call));

/** Arguments that a model is not shown, by tool: `noneOf` denies them. */
export const HIDDEN_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'sms.find_messages': ['body'],
  'sms.send_sms': ['idempotency_key'],
  'sms.send_budget_alert': ['idempotency_key'],
};

/** Allowed, a person's to approve, or denied with a reason. Pure: any denial wins, then any question. */
export function decide(call: ProposedCall, facts: PolicyFacts): Decision {
  const [name, { args }] = [nameOf(call), call];
  const sending = isSend(call) ? SENDS[name] : undefined;
  const rules = sending?.rules ?? (Object.hasOwn(READS, name) ? READS[name] : undefined);
  if (rules === undefined) return deny(`no rule allows the tool ${name}`);
  const questions: string[] = [];
  for (const rule of rules) {
    const decision = rule(args, facts);
    // No further rule: it may rely on what this one has found wrong.
    if (decision?.verdict === 'deny') return decision;
    if (decision?.verdict === 'ask') questions.push(decision.because);
  }
  const send = sending?.send(args, facts);
  if (sending !== undefined && send === undefined) return deny('the ledger could not hold this text');
  if (questions.length === 0) return { verdict: 'allow', send };
  return { ...ask(questions.join('; ')), questions, send };
}
