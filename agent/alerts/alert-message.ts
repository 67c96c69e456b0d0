import { alertText } from '../../mcp-server-sms/src/alert-text.ts';
import { bodyProblem, type TextRules } from '../../mcp-server-sms/src/guards/text.ts';
import { Failed } from '../errors.ts';
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

/** In place of a name that must not stand in a text: whoever names a category would else write the text, or prevent it. */
export const NAMELESS = 'one of your budgets';

export interface Words {
  /** What a person approved. */
  readonly customMessage?: string | undefined;
  /** In minor units; says what it comes to at this pace. */
  readonly forecastMinor?: number | undefined;
}

/** What is texted about a budget. Throws Failed when no text can be made of its figures. */
export function alertMessage(status: BudgetStatus, rules: TextRules, words: Words = {}): AlertMessage {
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
  const messageFor = (category: string) => {
    const text = alertText({ ...figures, category, customMessage: custom });
    if (!text.ok)
      throw new Failed(`there is no alert for this budget: ${text.reason}`, 'correct it in the database');
    return text.text;
  };
  const named = ownWordsProblem(status.category) === undefined && messageFor(status.category);
  const category = named && bodyProblem(named, rules) === undefined ? status.category : NAMELESS;
  return {
    args: { category, ...figures, ...(custom === undefined ? {} : { custom_message: custom }) },
    body: messageFor(category),
  };
}
