import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { BudgetCourse } from '../../spending/report/budget-courses.ts';
import { type Html, html } from '../html.ts';
import { budgetChart } from './budget-chart.ts';
import { dayName } from './dates.ts';
import { across } from './drawing.ts';
import { budgetName, forecastOf, overBy, willBeOver } from './lead.ts';
import type { Report } from './report.ts';
import { amount, count, money, nameOf } from './words.ts';

/** So many have a drawing. */
const MOST = 24;

export function budgetPanels({ budgets, asOf }: Report): Html {
  const columns = across(budgets.length);
  const panel = (budget: BudgetCourse, at: number) => html`<figure>
<figcaption><h3><bdi>${nameOf(budget.category).name}</bdi></h3>
<p><b class="${shown(budget.state)}">${verdict(budget, asOf)}</b> ${spentOf(budget)}</p></figcaption>
${budgetChart(budget, at, columns === 4 ? 300 : 352, described(budget, asOf))}</figure>`;
  const more = budgets.length - MOST;
  return html`<section class="budgets" aria-labelledby="budgets"><h2 id="budgets">Budgets</h2>
<p class="soft">What each has cost so far, beside an even pace to its limit.</p>
<div class="panels across${columns}">${budgets.slice(0, MOST).map(panel)}</div>
${
  more > 0 && html`<p class="soft">And ${count(more, 'budget')} of which less is used: spendwise status.</p>`
}</section>`;
}

export function verdict(budget: BudgetCourse, asOf: string): Shown {
  const { state, percent } = budget;
  if (state === 'over')
    return ours`✗ ${overBy(budget)}${percent !== null && percent >= 300 ? ours` its limit` : ours``}`;
  if (state === 'reached') return ours`Used up`;
  if (willBeOver(budget)) return ours`Over by ${dayName(budget.overOn, asOf)}`;
  return ours`${percent ?? 0}% used`;
}

export function spentOf(budget: BudgetCourse): Shown {
  const { spentMinor, limitMinor, currency, period, pendingMinor, otherCurrencies } = budget;
  return joined(
    [
      ours`${money(spentMinor, currency)} of ${amount(limitMinor, currency)} this ${shown(period)}`,
      ...(pendingMinor === 0
        ? []
        : [ours`${pendingMinor === spentMinor ? ours`all` : amount(pendingMinor, currency)} of it pending`]),
      ...otherCurrencies.slice(0, 5).map((other) => ours`also ${money(other.spentMinor, other.currency)}`),
    ],
    ', ',
  );
}

function described(budget: BudgetCourse, asOf: string): Shown {
  const forecast = forecastOf(budget);
  return joined(
    [
      ours`${nameOf(budget.category).name}: ${spentOf(budget)}`,
      budget.state === 'over' ? overBy(budget) : ours`${budget.percent ?? 0}% of its ${budgetName(budget)}`,
      ours`at an even pace it would be ${amount(budget.paceMinor, budget.currency)} by now`,
      ...(forecast === null ? [] : [ours`at this pace it will be ${amount(forecast, budget.currency)}`]),
      ...(willBeOver(budget) ? [ours`over by ${dayName(budget.overOn, asOf)}`] : []),
    ],
    '; ',
  );
}
