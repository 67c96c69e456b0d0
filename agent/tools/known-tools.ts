import type { PolicyFacts, ProposedCall, Rule, Send } from './rule.ts';
import {
  alertedBudget,
  customMessageIsPlain,
  customMessageNeedsAPerson,
  dueOrAPerson,
  figuresAreTrue,
  fitsAScreen,
  freeTextNeedsAPerson,
  hasWords,
  onceAThreshold,
  onlyArguments,
  recipientAllowed,
  underTheCap,
} from './text-rules.ts';

/** The prefixes of the servers that SpendWise starts itself. */
export const SPENDING_SERVER = 'spending';
export const SMS_SERVER = 'sms';

export interface ToolName {
  readonly server: string;
  readonly tool: string;
}

export const SEND_TEXT: ToolName = { server: SMS_SERVER, tool: 'send_sms' };
export const SEND_ALERT: ToolName = { server: SMS_SERVER, tool: 'send_budget_alert' };
export const FIND_MESSAGES: ToolName = { server: SMS_SERVER, tool: 'find_messages' };

export interface KnownTool {
  readonly rules: readonly Rule[];
  /** Arguments that SpendWise sets itself. The model does not see them, and is denied if it sets one. */
  readonly hidden?: readonly string[];
  /**
   * For a tool that sends a text: the text, for its row in the ledger. Undefined if the ledger cannot identify it; then
   * it is not sent.
   */
  readonly send?: (args: ProposedCall['args'], facts: PolicyFacts) => Send | undefined;
}

const nameOf = ({ server, tool }: ToolName): string => `${server}.${tool}`;

const TOOLS: Readonly<Record<string, KnownTool>> = {
  [nameOf({ server: SPENDING_SERVER, tool: 'get_budget_status' })]: { rules: [] },
  [nameOf({ server: SPENDING_SERVER, tool: 'get_spending' })]: { rules: [] },
  [nameOf({ server: SPENDING_SERVER, tool: 'find_transactions' })]: { rules: [] },
  [nameOf({ server: SMS_SERVER, tool: 'get_message_status' })]: { rules: [] },
  [nameOf(FIND_MESSAGES)]: { hidden: ['body'], rules: [recipientAllowed] },
  [nameOf(SEND_TEXT)]: {
    hidden: ['idempotency_key'],
    rules: [
      recipientAllowed,
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
  [nameOf(SEND_ALERT)]: {
    hidden: ['idempotency_key'],
    // #region alert-rules
    rules: [
      recipientAllowed,
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
    // #endregion
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

/** Undefined for an unknown tool, which the policy denies. */
export const knownTool = (name: ToolName): KnownTool | undefined =>
  Object.hasOwn(TOOLS, nameOf(name)) ? TOOLS[nameOf(name)] : undefined;

/** True if the tool sends texts. Each call then needs a row in the ledger first. */
export const isSend = (name: ToolName): boolean => knownTool(name)?.send !== undefined;
