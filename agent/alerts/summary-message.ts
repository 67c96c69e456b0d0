import { alertText, bodyProblem, type TextRules } from 'mcp-server-sms/agreement';
import type { BudgetStatus } from '../spending/status.ts';
import { isPlainName, NAMELESS, type NoMessage, textFigures } from './alert-message.ts';

const TITLE = 'SpendWise, told late:';
/** UTF-16 units of four segments in any encoding, the most that the SMS server takes. */
const MAX_UNITS = 4 * 67;

/** One text about budgets whose periods have ended; those that do not fit are counted. As figures, those of an alert. */
export function summaryMessage(
  ended: readonly BudgetStatus[],
  rules: TextRules,
): { readonly body: string } | NoMessage {
  const lineOf = (status: BudgetStatus, name: string) => {
    const made = alertText({ ...textFigures(status), category: NAMELESS });
    const lastDay = Temporal.PlainDate.from(status.periodEnd).subtract({ days: 1 });
    const figures = made.ok ? `: ${made.text.split('\n')[1]}` : '';
    return `${name}, ${status.period} to ${lastDay}${figures}`;
  };
  const nameless = ended.map((status) => lineOf(status, NAMELESS));
  const named = ended.map((status, at) => {
    const line = lineOf(status, status.category);
    return isPlainName(status.category) && bodyProblem(line, rules) === undefined ? line : nameless[at];
  });
  const bodies = [named, nameless].map(fitting);
  const body = bodies.find((text) => bodyProblem(text, rules) === undefined);
  return body === undefined
    ? { problem: `no summary can be made: ${bodyProblem(bodies[1] ?? '', rules)}` }
    : { body };
}

function fitting(lines: readonly (string | undefined)[]): string {
  const textOf = (count: number) => {
    const more = lines.length - count;
    return [TITLE, ...lines.slice(0, count), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  };
  let count = lines.length;
  while (count > 0 && textOf(count).length > MAX_UNITS) count -= 1;
  return textOf(count);
}
