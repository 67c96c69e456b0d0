import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { BudgetCourse } from '../../spending/report/budget-courses.ts';
import { comparedWith, lessOrMore } from './changes-in-words.ts';
import type { Report } from './report.ts';
import { amount, count, dayName, money, monthName, nameOf, type Sentence, said } from './words.ts';

/** The most important finding, and what else one should know. */
export interface Lead {
  readonly headline: Sentence;
  readonly standfirst: readonly Sentence[];
}

export function lead(report: Report): Lead {
  const { budgets, categories } = report;
  if (budgets.length === 0 && categories.length === 0)
    return {
      headline: said`Nothing has been spent yet`,
      standfirst: [
        said`Import a bank file with spendwise import, and set budgets with spendwise budgets set.`,
      ],
    };
  return {
    headline: budgets.length === 0 ? ofTotals(report) : ofBudgets(report),
    standfirst: [...aboutBudgets(report), ...totals(report), ...biggestChange(report)],
  };
}

/** A forecast from fewer days of spending would double the rent. */
const ENOUGH_DAYS = 3;
export const willBeOver = ({ overOn, spendingDays }: BudgetCourse): boolean =>
  overOn !== null && spendingDays >= ENOUGH_DAYS;
export const hasForecast = ({ forecastMinor, spendingDays, passed, days }: BudgetCourse): boolean =>
  forecastMinor !== null && spendingDays >= ENOUGH_DAYS && passed < days;

const ADJECTIVE = { week: ours`weekly`, month: ours`monthly`, year: ours`yearly` };
export const budgetName = ({ period }: BudgetCourse): Shown => ours`${ADJECTIVE[period]} budget`;

/** "42% over" */
export function overBy({ percent, limitMinor, spentMinor, currency }: BudgetCourse): Shown {
  if (percent === null) return ours`${money(spentMinor - limitMinor, currency)} over`;
  if (percent === 100) return ours`just over`;
  if (percent < 300) return ours`${percent - 100}% over`;
  return ours`at ${shown(Math.floor(percent / 100).toLocaleString('en-GB'))} times`;
}

function ofBudgets({ budgets, asOf }: Report): Sentence {
  const over = budgets.filter(({ state }) => state === 'over');
  const soon = budgets.filter(willBeOver);
  const [first, second, ...more] = over;
  const [next, ...later] = soon;
  const when = next?.overOn == null ? ours`` : ours`by ${dayName(next.overOn, asOf)}`;
  if (first !== undefined) {
    const all =
      second === undefined
        ? said`${nameOf(first.category)} is ${overBy(first)} its ${budgetName(first)}`
        : more.length === 0
          ? said`${nameOf(first.category)} is ${overBy(first)} its ${budgetName(first)}, and ${nameOf(second.category)} is over too`
          : said`${nameOf(first.category)} and ${count(over.length - 1, 'other budget')} are over`;
    if (next === undefined) return all;
    return later.length === 0
      ? said`${all}; ${nameOf(next.category)} will be, ${when}`
      : said`${all}; ${nameOf(next.category)} and ${count(later.length, 'other')} will be`;
  }
  if (next !== undefined)
    return later.length === 0
      ? said`${nameOf(next.category)} will be over its ${budgetName(next)} ${when}`
      : said`${nameOf(next.category)} and ${count(later.length, 'other budget')} will be over soon`;
  const [hottest] = budgets;
  if (hottest === undefined || hottest.spentMinor <= 0) return said`No budget has been touched yet`;
  if (hottest.state === 'reached')
    return said`${nameOf(hottest.category)} has used up its ${budgetName(hottest)}`;
  const left = money(hottest.limitMinor - hottest.spentMinor, hottest.currency);
  const holds = HOLD[budgets.length] ?? ours`All ${count(budgets.length, 'budget')} hold`;
  return hottest.state === 'warn'
    ? said`${holds}, but ${nameOf(hottest.category)} has only ${left} left`
    : said`${holds}; ${nameOf(hottest.category)} has ${left} left`;
}

/** By the number of budgets. */
const HOLD = [ours``, ours`The budget holds`, ours`Both budgets hold`];

function ofTotals({ monthSoFar, categories, months }: Report): Sentence {
  const change = monthSoFar?.totals[0];
  if (change !== undefined && monthSoFar !== null)
    return said`${money(change.spentMinor, change.currency)} spent in ${monthName(monthSoFar.from)}, ${comparedWith(change, monthSoFar)}`;
  const most = categories[0];
  if (most === undefined) return said`Nothing has been spent yet`;
  return said`${nameOf(most.category)} is what cost most in ${monthName(months.at(-1) ?? '')}`;
}

function aboutBudgets({ budgets }: Report): Sentence[] {
  const over = budgets.filter(({ state }) => state === 'over').slice(0, MOST);
  const soon = budgets.filter(willBeOver).slice(0, MOST);
  return [
    ...over.map(
      (b) =>
        said`${nameOf(b.category)} has cost ${money(b.spentMinor, b.currency)} this ${shown(b.period)}, where ${amount(b.limitMinor, b.currency)} was planned for all of it.`,
    ),
    ...soon.map(
      (b) =>
        said`At this pace ${nameOf(b.category)} reaches ${money(b.forecastMinor ?? 0, b.currency)} of ${amount(b.limitMinor, b.currency)} by the end of the ${shown(b.period)}.`,
    ),
  ];
}

/** Budgets that the standfirst goes into. */
const MOST = 2;

/** One sentence for each currency. */
function totals({ monthSoFar }: Report): Sentence[] {
  if (monthSoFar === null) return [];
  return monthSoFar.totals
    .slice(0, MOST)
    .map(
      (change) =>
        said`Since ${since(monthSoFar.from)}, ${money(change.spentMinor, change.currency)} was spent, ${comparedWith(change, monthSoFar)}.`,
    );
}

function biggestChange({ monthSoFar }: Report): Sentence[] {
  const change = monthSoFar?.categories[0];
  if (change === undefined) return [];
  return [said`The biggest change is ${nameOf(change.name)}: ${lessOrMore(change)}.`];
}

const since = (date: string): Shown =>
  shown(Temporal.PlainDate.from(date).toLocaleString('en-GB', { day: 'numeric', month: 'long' }));
