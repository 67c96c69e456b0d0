import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import { widthOf } from '@spendwise/sandbox/wrapped';
import { formatAmount, formatMoney } from '../../spending/money.ts';
import type { BudgetStatus, CurrencySum } from '../../spending/status.ts';
import { packed } from './packed.ts';
import { table } from './table.ts';

const WIDEST = 24;
/** A shorter bar says less than the percentage beside it. */
const SHORTEST = 8;
const MARGIN = ours`  `;

/** A budget with what is known about its period besides. */
export interface BudgetOutlook extends BudgetStatus {
  /** Null too early in the period, and after it. */
  readonly forecastMinor?: number | null;
  /** Spent in the same category and period, in currencies without a budget. */
  readonly otherCurrencies?: readonly CurrencySum[];
}

/** One line for each budget: name, bar, amounts, percentage, mark, notes. In a narrow window, notes have lines of their own. */
export function budgetBars(budgets: readonly BudgetOutlook[], theme: Theme, window?: number): Shown[] {
  const rows = (bar: number) =>
    table(
      [
        { title: NONE, least: 12 },
        { title: NONE },
        { title: NONE },
        { title: NONE, align: 'right' },
        { title: NONE },
      ],
      budgets.map((b) => {
        const paint = b.state === 'ok' ? theme.green : b.state === 'warn' ? theme.yellow : theme.red;
        return [
          shown(b.category, 60),
          { text: barOf(b, bar, theme), paint },
          amounts(b),
          percentText(b),
          { text: MARKS[b.state], paint },
        ];
      }),
      theme,
      window,
    );
  const room = (window ?? Number.POSITIVE_INFINITY) - 1;
  const without = Math.max(0, ...rows(0).map(widthOf));
  const width = Math.min(WIDEST, room - without - 2);
  const lines = rows(width < SHORTEST ? 0 : width);
  const beside = lines.map((line, at) => {
    const notes = joined(notesOf(budgets[at]), ', ');
    return notes === '' ? line : ours`${line}  ${theme.dim(notes)}`;
  });
  if (beside.every((line) => widthOf(line) <= room)) return beside;
  return lines.flatMap((line, at) => [line, ...packed(notesOf(budgets[at]), MARGIN, window).map(theme.dim)]);
}

const NONE = ours``;
const MARKS = { ok: NONE, warn: ours`[!]`, reached: ours`[!!]`, over: ours`[!!]` };

const amounts = ({ spentMinor, limitMinor, currency, period }: BudgetStatus): Shown =>
  shown(
    `${currency} ${formatAmount(spentMinor, currency)}/${formatAmount(limitMinor, currency)} a ${period}`,
  );

const percentText = ({ percent }: BudgetStatus): Shown => (percent === null ? ours`over` : ours`${percent}%`);

function notesOf(budget: BudgetOutlook | undefined): Shown[] {
  if (budget === undefined) return [];
  const { currency, spentMinor, pendingMinor, forecastMinor, otherCurrencies = [] } = budget;
  const amount = (minor: number) => shown(formatAmount(minor, currency));
  return [
    ...(pendingMinor === 0 ? [] : [ours`${amount(pendingMinor)} pending`]),
    ...otherCurrencies.map((other) => ours`also ${shown(formatMoney(other.spentMinor, other.currency))}`),
    ...(forecastMinor == null || forecastMinor === spentMinor
      ? []
      : [ours`at this pace ${amount(forecastMinor)}`]),
  ];
}

/** Full only at 100 %, whatever the rounding. */
function barOf({ spentMinor, limitMinor }: BudgetStatus, width: number, { unicode }: Theme): Shown {
  const share =
    limitMinor === 0 ? (spentMinor > 0 ? 1 : 0) : Math.min(1, Math.max(0, spentMinor / limitMinor));
  const full = Math.floor(share * width);
  return ((unicode ? '█' : '#').repeat(full) + (unicode ? '░' : '.').repeat(width - full)) as Shown;
}
