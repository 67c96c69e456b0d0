import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import { widthOf } from '@spendwise/sandbox/wrapped';
import { formatAmount, formatMoney } from '../../spending/money.ts';
import type { BudgetStatus, CurrencySum } from '../../spending/status.ts';
import { withFacts } from './packed.ts';
import { table } from './table.ts';

const WIDEST = 24;
/** A shorter bar says less than the percentage beside it. */
const SHORTEST = 8;

/** A budget with what is known about its period besides. */
export interface BudgetOutlook extends BudgetStatus {
  /** Null too early in the period, and after it. */
  readonly forecastMinor?: number | null;
  /** Spent in the same category and period, in currencies without a budget. */
  readonly otherCurrencies?: readonly CurrencySum[];
}

/**
 * One line for each budget: name, bar, amounts, percentage, mark, notes. In a narrow window without the bar, and with notes
 * in lines of their own. In plain words a sentence for each.
 */
export function budgetBars(budgets: readonly BudgetOutlook[], theme: Theme, window?: number): Shown[] {
  if (theme.plain) return budgets.map(inWords);
  const room = (window ?? Number.POSITIVE_INFINITY) - 1;
  const rows = (bar: number, period = true) =>
    table(
      [{ title: NONE, least: 8 }, COLUMN, COLUMN, { title: NONE, align: 'right' }, COLUMN],
      budgets.map((b) => {
        const paint = b.state === 'ok' ? theme.green : b.state === 'warn' ? theme.yellow : theme.red;
        const mark = { text: MARKS[b.state], paint };
        return [
          shown(b.category, 60),
          { text: barOf(b, bar, theme), paint },
          ours`${amounts(b)}${period ? ours` ${periodText(b)}` : NONE}`,
          percentText(b),
          mark,
        ];
      }),
      theme,
      window,
    );
  const longest = Math.max(0, ...rows(0).map(widthOf));
  const bar = Math.min(WIDEST, room - longest - 2);
  const withPeriod = longest <= room;
  const lines = rows(bar < SHORTEST ? 0 : bar, withPeriod);
  const notes = budgets.map((b) => [...(withPeriod ? [] : [periodText(b)]), ...notesOf(b)]);
  return withFacts(lines, notes, theme, window);
}

/** "Shopping: CHF 95 of 80 a week, 119 percent, over". */
function inWords(b: BudgetOutlook): Shown {
  const amount = (minor: number) => shown(formatAmount(minor, b.currency));
  const spent = ours`${shown(b.currency)} ${amount(b.spentMinor)} of ${amount(b.limitMinor)} ${periodText(b)}`;
  const share = b.percent === null ? [] : [ours`${b.percent} percent`];
  return ours`${shown(b.category, 60)}: ${joined([spent, ...share, ...WORDS[b.state], ...notesOf(b)], ', ')}`;
}

const WORDS = { ok: [], warn: [ours`close to the limit`], reached: [ours`at the limit`], over: [ours`over`] };
const NONE = ours``;
const COLUMN = { title: NONE };
const MARKS = { ok: NONE, warn: ours`[!]`, reached: ours`[!!]`, over: ours`[!!]` };

const amounts = ({ spentMinor, limitMinor, currency }: BudgetStatus): Shown =>
  shown(`${currency} ${formatAmount(spentMinor, currency)}/${formatAmount(limitMinor, currency)}`);

const periodText = ({ period }: BudgetStatus): Shown => ours`a ${shown(period)}`;

const percentText = ({ percent }: BudgetStatus): Shown => (percent === null ? ours`over` : ours`${percent}%`);

function notesOf({
  currency,
  spentMinor,
  pendingMinor,
  forecastMinor,
  otherCurrencies = [],
}: BudgetOutlook): Shown[] {
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
