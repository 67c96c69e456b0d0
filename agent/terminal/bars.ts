import { plainText } from '../plain-text.ts';
import { formatAmount } from '../spending/money.ts';
import type { BudgetStatus } from '../spending/status.ts';
import type { Theme } from './theme.ts';

const WIDTH = 24;

/** One line a budget: name, bar, amounts, percentage, mark. */
export function budgetBars(budgets: readonly BudgetStatus[], theme: Theme): string[] {
  const named = budgets.map((b) => ({ ...b, category: plainText(b.category).replaceAll('\n', ' ') }));
  const names = Math.max(0, ...named.map((b) => b.category.length));
  const rows = named.map((b) => ({ b, amounts: amounts(b), percent: percentText(b) }));
  const wide = Math.max(0, ...rows.map((row) => row.amounts.length));
  return rows.map(({ b, amounts, percent }) => {
    const paint = b.state === 'ok' ? theme.green : b.state === 'warn' ? theme.yellow : theme.red;
    const pending =
      b.pendingMinor === 0 ? '' : theme.dim(` ${formatAmount(b.pendingMinor, b.currency)} pending`);
    const line = `${b.category.padEnd(names)}  ${paint(bar(b, theme))}  ${amounts.padEnd(wide)}  ${percent.padStart(5)}`;
    return `${line}  ${paint(MARKS[b.state])}${pending}`.trimEnd();
  });
}

const MARKS = { ok: '', warn: '[!]', reached: '[!!]', over: '[!!]' } as const;

const amounts = ({ spentMinor, limitMinor, currency, period }: BudgetStatus): string =>
  `${currency} ${formatAmount(spentMinor, currency)}/${formatAmount(limitMinor, currency)} a ${period}`;

const percentText = ({ percent }: BudgetStatus): string => (percent === null ? 'over' : `${percent}%`);

/** Full only at 100 %: rounding must not fill it. */
function bar({ spentMinor, limitMinor }: BudgetStatus, { unicode }: Theme): string {
  const share =
    limitMinor === 0 ? (spentMinor > 0 ? 1 : 0) : Math.min(1, Math.max(0, spentMinor / limitMinor));
  const full = Math.floor(share * WIDTH);
  return (unicode ? '█' : '#').repeat(full) + (unicode ? '░' : '.').repeat(WIDTH - full);
}
