import type { Shown } from '@spendwise/sandbox/shown';
import type { BudgetCourse } from '../../spending/report/budget-courses.ts';
import { daysBetween } from '../../spending/report/sums.ts';
import { type Html, html } from '../html.ts';
import { dated } from './dates.ts';

interface Tick {
  /** Where its middle is. */
  readonly day: number;
  readonly text: Shown;
  /** It begins where the period does. */
  readonly first: boolean;
}

/** What stands below a budget's period. */
export function ticks({ period, periodStart, days }: BudgetCourse): Tick[] {
  const start = Temporal.PlainDate.from(periodStart);
  const on = (day: number, form: Intl.DateTimeFormatOptions, first = false): Tick => ({
    day: day + 0.5,
    text: dated(start.add({ days: day }), form),
    first,
  });
  if (period === 'week') return [0, 1, 2, 3, 4, 5, 6].map((day) => on(day, { weekday: 'short' }));
  if (period === 'year')
    return [0, 3, 6, 9].map((months) =>
      on(daysBetween(start, start.add({ months })), { month: 'short' }, months === 0),
    );
  return [
    on(0, { day: 'numeric', month: 'short' }, true),
    ...[7, 14, 21, days - 1].map((day) => on(day, { day: 'numeric' })),
  ];
}

export interface Label {
  readonly at: number;
  readonly text: Html;
}

/** Moves labels apart where they would cover each other, as little as it takes. */
export function spread(labels: readonly Label[], gap: number, bottom: number): Label[] {
  const sorted = labels.toSorted((a, b) => a.at - b.at);
  let last = Number.NEGATIVE_INFINITY;
  const down = sorted.map((label) => {
    last = Math.max(label.at, last + gap);
    return { ...label, at: last };
  });
  // Back up from the bottom.
  let next = bottom + gap;
  return down.toReversed().map((label) => {
    next = Math.min(label.at, next - gap);
    return { ...label, at: next };
  });
}

/** Columns that leave the fewest places empty. */
export const across = (panels: number): number =>
  panels < 3 ? 2 : panels % 4 === 0 || panels % 4 === 3 ? 4 : 3;

/** What the drawings fill with. */
export const HATCHES = html`
<pattern id="excess" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<path class="hatch over" d="M0 0V5"/></pattern>
<pattern id="unfinished" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<path class="hatch" d="M0 0V4"/></pattern>`;
