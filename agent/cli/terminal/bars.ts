import { ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import { formatAmount } from '../../spending/money.ts';
import type { BudgetStatus } from '../../spending/status.ts';

const WIDTH = 24;

/** One line for each budget: name, bar, amounts, percentage, mark. */
export function budgetBars(budgets: readonly BudgetStatus[], theme: Theme): Shown[] {
  const named = budgets.map((b) => ({ ...b, category: shown(b.category, 60) }));
  const names = Math.max(0, ...named.map((b) => b.category.length));
  const rows = named.map((b) => ({ b, amounts: amounts(b), percent: percentText(b) }));
  const wide = Math.max(0, ...rows.map((row) => row.amounts.length));
  return rows.map(({ b, amounts, percent }) => {
    const paint = b.state === 'ok' ? theme.green : b.state === 'warn' ? theme.yellow : theme.red;
    const pending =
      b.pendingMinor === 0
        ? ours``
        : theme.dim(ours` ${shown(formatAmount(b.pendingMinor, b.currency))} pending`);
    const line = ours`${padded(b.category, names)}  ${paint(bar(b, theme))}  ${padded(amounts, wide)}  ${padded(percent, -5)}`;
    return ours`${line}  ${paint(MARKS[b.state])}${pending}`.trimEnd() as Shown;
  });
}

const MARKS = { ok: ours``, warn: ours`[!]`, reached: ours`[!!]`, over: ours`[!!]` };

const amounts = ({ spentMinor, limitMinor, currency, period }: BudgetStatus): Shown =>
  shown(
    `${currency} ${formatAmount(spentMinor, currency)}/${formatAmount(limitMinor, currency)} a ${period}`,
  );

const percentText = ({ percent }: BudgetStatus): Shown => (percent === null ? ours`over` : ours`${percent}%`);

/** Full only at 100 %, whatever the rounding. */
function bar({ spentMinor, limitMinor }: BudgetStatus, { unicode }: Theme): Shown {
  const share =
    limitMinor === 0 ? (spentMinor > 0 ? 1 : 0) : Math.min(1, Math.max(0, spentMinor / limitMinor));
  const full = Math.floor(share * WIDTH);
  return ((unicode ? '█' : '#').repeat(full) + (unicode ? '░' : '.').repeat(WIDTH - full)) as Shown;
}
