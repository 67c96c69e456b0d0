import { alertText, bodyProblem, MAX_CATEGORY_UNITS, type TextRules } from 'mcp-server-sms/agreement';
import { formatMoney, toMajor } from '../spending/money.ts';
import type { BudgetStatus } from '../spending/status.ts';
import { ownWordsProblem } from '../tools/own-words.ts';

/** The arguments of a send_budget_alert, and the text that it will make of them. */
export interface AlertMessage {
  readonly args: {
    readonly category: string;
    readonly spent: number;
    readonly budget: number;
    readonly currency: string;
    readonly custom_message?: string;
  };
  readonly body: string;
}

/** Replaces a name that must not be in a text. Without it, the name of a category could write the text, or prevent it. */
const NAMELESS = 'one of your budgets';

export interface Words {
  /** What a person approved. */
  readonly customMessage?: string | undefined;
  /** In minor units; says what it comes to at this pace. */
  readonly forecastMinor?: number | undefined;
}

/** Why no text can be made. The figures in the database have to be fixed. */
export interface NoMessage {
  readonly problem: string;
}

/** What is texted about a budget, unless no text can be made of its figures. */
export function alertMessage(
  status: BudgetStatus,
  rules: TextRules,
  words: Words = {},
): AlertMessage | NoMessage {
  const { spentMinor, limitMinor, currency, periodEnd } = status;
  const lastDay = Temporal.PlainDate.from(periodEnd).subtract({ days: 1 });
  const custom =
    words.forecastMinor === undefined
      ? words.customMessage
      : `At this pace: ${formatMoney(words.forecastMinor, currency)} by ${lastDay}`;
  const figures = {
    spent: Math.max(0, toMajor(spentMinor, currency)),
    budget: toMajor(limitMinor, currency),
    currency,
  };
  const textFor = (category: string) => alertText({ ...figures, category, customMessage: custom });
  const nameless = textFor(NAMELESS);
  if (!nameless.ok)
    return { problem: `there is no alert for this budget: ${nameless.reason}; correct it in the database` };
  // A name that the server does not take would leave the alert unknown: it refuses the call before it looks at the text.
  const plain =
    status.category.length <= MAX_CATEGORY_UNITS && ownWordsProblem(status.category) === undefined;
  const named = plain ? textFor(status.category) : undefined;
  const [category, body] =
    named?.ok && bodyProblem(named.text, rules) === undefined
      ? [status.category, named.text]
      : [NAMELESS, nameless.text];
  return {
    args: { category, ...figures, ...(custom === undefined ? {} : { custom_message: custom }) },
    body,
  };
}
