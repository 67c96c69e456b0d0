import { alertText, bodyProblem, MAX_CATEGORY_UNITS, type TextRules } from 'mcp-server-sms/agreement';
import { formatMoney, toMajor } from '../spending/money.ts';
import type { BudgetStatus } from '../spending/status.ts';
import { ownWordsProblem } from '../tools/own-words.ts';

/** The arguments of send_budget_alert, and the text that the SMS server makes of them. */
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

/** Used instead of a category name that is not plain: such a name could forge the text or block it. */
export const NAMELESS = 'one of your budgets';

/** The server refuses a longer name before it looks at the text; the alert would then count as unknown. */
export const isPlainName = (category: string): boolean =>
  category.length <= MAX_CATEGORY_UNITS && ownWordsProblem(category) === undefined;

export interface Words {
  readonly customMessage?: string | undefined;
  /** Expected spending at the end of the period, in minor units. */
  readonly forecastMinor?: number | undefined;
}

/** Why no text can be made; fix the figures in the database. */
export interface NoMessage {
  readonly problem: string;
}

export function alertMessage(
  status: BudgetStatus,
  rules: TextRules,
  words: Words = {},
): AlertMessage | NoMessage {
  const { currency, periodEnd } = status;
  const lastDay = Temporal.PlainDate.from(periodEnd).subtract({ days: 1 });
  const custom =
    words.forecastMinor === undefined
      ? words.customMessage
      : `At this pace: ${formatMoney(words.forecastMinor, currency)} by ${lastDay}`;
  const figures = textFigures(status);
  const textFor = (category: string) => alertText({ ...figures, category, customMessage: custom });
  const nameless = textFor(NAMELESS);
  if (!nameless.ok)
    return {
      problem: `no alert can be made for this budget: ${nameless.reason}; correct it in the database`,
    };
  const named = isPlainName(status.category) ? textFor(status.category) : undefined;
  const [category, body] =
    named?.ok && bodyProblem(named.text, rules) === undefined
      ? [status.category, named.text]
      : [NAMELESS, nameless.text];
  return {
    args: { category, ...figures, ...(custom === undefined ? {} : { custom_message: custom }) },
    body,
  };
}

/** In major units, as the SMS server takes them. */
export const textFigures = ({ spentMinor, limitMinor, currency }: BudgetStatus) => ({
  spent: Math.max(0, toMajor(spentMinor, currency)),
  budget: toMajor(limitMinor, currency),
  currency,
});
