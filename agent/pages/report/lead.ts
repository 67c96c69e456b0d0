import { grouped, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { BudgetCourse } from '../../spending/report/budget-courses.ts';
import { comparedWith, lessOrMore } from './changes-in-words.ts';
import { dayName, monthName } from './dates.ts';
import type { Report } from './report.ts';
import { amount, count, money, nameOf, type Sentence, said } from './words.ts';

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
export const willBeOver = (budget: BudgetCourse): budget is BudgetCourse & { readonly overOn: string } =>
  budget.overOn !== null && budget.spendingDays >= ENOUGH_DAYS;
export const forecastOf = ({ forecastMinor, spendingDays, passed, days }: BudgetCourse): number | null =>
  spendingDays >= ENOUGH_DAYS && passed < days ? forecastMinor : null;

const ADJECTIVE = { week: ours`weekly`, month: ours`monthly`, year: ours`yearly` };
export const budgetName = ({ period }: BudgetCourse): Shown => ours`${ADJECTIVE[period]} budget`;

/** "42% over" */
export function overBy({ percent, limitMinor, spentMinor, currency }: BudgetCourse): Shown {
  if (percent === null) return ours`${money(spentMinor - limitMinor, currency)} over`;
  if (percent === 100) return ours`just over`;
  if (percent < 300) return ours`${percent - 100}% over`;
  return ours`at ${grouped(Math.floor(percent / 100))} times`;
}

function ofBudgets({ budgets, asOf }: Report): Sentence {
  const over = budgets.filter(({ state }) => state === 'over');
  const soon = budgets.filter(willBeOver);
  const [first, second, ...more] = over;
  const [next, ...later] = soon;
  const when = next === undefined ? ours`` : ours`by ${dayName(next.overOn, asOf)}`;
  if (first !== undefined) {
    const one = said`${nameOf(first.category)} is ${overBy(first)} its ${budgetName(first)}`;
    const all =
      second === undefined
        ? one
        : more.length === 0
          ? said`${one}, and ${nameOf(second.category)} is over too`
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

/** Those that are over, will be, or soon might be; without the one that the headline is about. */
function aboutBudgets({ budgets }: Report): Sentence[] {
  const over = budgets.filter(({ state }) => state === 'over');
  const soon = budgets.filter(willBeOver);
  const close = budgets.filter((budget) => budget.state === 'warn' && !willBeOver(budget));
  const rest = over.length + soon.length === 0 ? close.slice(1) : close;
  return [
    ...over.slice(0, MOST).map((b) => {
      const [spent, limit] = [money(b.spentMinor, b.currency), amount(b.limitMinor, b.currency)];
      return said`${nameOf(b.category)} has cost ${spent} this ${shown(b.period)}, where ${limit} was planned for all of it.`;
    }),
    ...soon.slice(0, MOST).map((b) => {
      const [end, limit] = [money(b.forecastMinor ?? 0, b.currency), amount(b.limitMinor, b.currency)];
      return said`At this pace ${nameOf(b.category)} reaches ${end} of ${limit} by the end of the ${shown(b.period)}.`;
    }),
    ...rest.slice(0, MOST).map((b) => {
      const left = money(b.limitMinor - b.spentMinor, b.currency);
      return said`${nameOf(b.category)} has ${left} of ${amount(b.limitMinor, b.currency)} left for the ${shown(b.period)}.`;
    }),
  ];
}

/** Of a kind, in the standfirst. */
const MOST = 2;

/** One sentence for each currency. */
const totals = ({ monthCourses, monthSoFar, asOf }: Report): Sentence[] =>
  monthCourses.slice(0, MOST).map(({ currency, soFarMinor }) => {
    const change = monthSoFar?.totals.find((one) => one.currency === currency);
    const compared = monthSoFar && change ? ours`, ${comparedWith(change, monthSoFar)}` : ours``;
    return said`Since ${since(asOf)}, ${money(soFarMinor.at(-1) ?? 0, currency)} was spent${compared}.`;
  });

function biggestChange({ monthSoFar }: Report): Sentence[] {
  const change = monthSoFar?.categories[0];
  return change === undefined
    ? []
    : [said`The biggest change is ${nameOf(change.name)}: ${lessOrMore(change)}.`];
}

const since = (date: string): Shown => ours`1 ${monthName(date)}`;
