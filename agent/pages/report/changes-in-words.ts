import { grouped, ours, type Shown } from '@spendwise/sandbox/shown';
import { type Change, type Comparison, changeOf } from '../../spending/report/changes.ts';
import { rounded } from '../../spending/report/sums.ts';
import { monthName } from './dates.ts';
import { amount, money } from './words.ts';

/** "4% less than in the same days of October" */
export function comparedWith(change: Change, comparison: Comparison): Shown {
  const { spentMinor, earlierMinor } = change;
  const before = earlierOf(comparison);
  if (earlierMinor <= 0)
    return ours`after ${earlierMinor === 0 ? ours`nothing` : amount(earlierMinor, change.currency)} ${before}`;
  const percent = rounded(BigInt(Math.abs(changeOf(change))) * 100n, earlierMinor);
  if (percent === 0) return ours`${changeOf(change) === 0 ? ours`` : ours`about `}as much as ${before}`;
  if (percent >= 200 && spentMinor > 0)
    return ours`${grouped(Math.floor(percent / 100 + 1))} times as much as ${before}`;
  return ours`${percent}% ${changeOf(change) < 0 ? ours`less` : ours`more`} than ${before}`;
}

/** "CHF 178.60 less" */
export const lessOrMore = (change: Change): Shown =>
  ours`${money(Math.abs(changeOf(change)), change.currency)} ${changeOf(change) < 0 ? ours`less` : ours`more`}`;

/** "from 234 to 55.40" */
export function inNumbers({ spentMinor, earlierMinor, currency }: Change): Shown {
  const plain = (minor: number) => (minor === 0 ? ours`nothing` : amount(minor, currency));
  return ours`from ${plain(earlierMinor)} to ${plain(spentMinor)}`;
}

/** "in the same days of October" */
export function earlierOf({ from, to, earlierFrom, earlierTo, earlierMonths }: Comparison): Shown {
  if (earlierMonths > 1) return ours`in an average month since ${monthName(earlierFrom)}`;
  return isWholeMonth(from, to) || isWholeMonth(earlierFrom, earlierTo)
    ? ours`in ${monthName(earlierFrom)}`
    : ours`in the same days of ${monthName(earlierFrom)}`;
}

const isWholeMonth = (from: string, to: string): boolean =>
  Temporal.PlainDate.from(to)
    .add({ days: 1 })
    .equals(Temporal.PlainDate.from(from).add({ months: 1 }));
