import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { BudgetCourse } from '../../spending/report/budget-courses.ts';
import type { CategoryMonths } from '../../spending/report/months.ts';
import { type Document, documentOf } from '../document.ts';
import { type Html, html } from '../html.ts';
import { alertsTable } from './alerts.ts';
import { budgetChart } from './budget-chart.ts';
import { biggestChanges } from './changes.ts';
import { budgetName, hasForecast, lead, overBy, willBeOver } from './lead.ts';
import { largest, monthBars } from './month-bars.ts';
import { monthChart } from './month-chart.ts';
import type { Report } from './report.ts';
import {
  amount,
  asHtml,
  asText,
  count,
  dayName,
  fullAmount,
  longDate,
  money,
  monthName,
  nameOf,
} from './words.ts';

/** The page of a report, which needs no script. */
export function reportPage(report: Report): Document {
  const { headline, standfirst } = lead(report);
  const { asOf, months, budgets, categories, monthSoFar } = report;
  const body = html`<svg class="unseen" aria-hidden="true"><defs>${HATCHES}</defs></svg>
<main class="sheet">
<header><div class="masthead"><p class="paper">SpendWise</p><p>${longDate(asOf)}</p><p>${monthName(months[0] ?? '', 'numeric')} to ${monthName(asOf, 'numeric')}</p></div>
<div class="lead"><div><h1>${asHtml(headline)}</h1>
<p class="standfirst">${standfirst.map((sentence) => html`${asHtml(sentence)} `)}</p></div>${monthChart(report)}</div></header>
<div class="${monthSoFar === null ? ours`only` : ours`front`}">${budgets.length === 0 ? undefined : budgetPanels(report)}
${biggestChanges(report)}
${categories.length === 0 ? undefined : categoryPanels(report)}
${alertsTable(report)}</div>
<footer class="soft"><p>Made by SpendWise as of ${longDate(asOf)}, ${shown(report.timeZone)}. Refunds are netted, transfers between own accounts left out, currencies never added up. All figures: <code>spendwise report --json</code></p></footer>
</main>`;
  return documentOf({ title: ours`${asText(headline)} – SpendWise`, styles: [STYLE], body });
}

const STYLE = new URL('./report.css', import.meta.url);

/** What the drawings fill with. */
export const HATCHES = html`<pattern id="excess" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch over" d="M0 0V5"/></pattern><pattern id="unfinished" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V4"/></pattern>`;

/** So many drawings stand in a page; a table has the rest. */
const MOST_BUDGETS = 24;
const MOST_CATEGORIES = 12;
const MOST_ROWS = 300;

const budgetPanels = ({
  budgets,
  asOf,
}: Report): Html => html`<section class="budgets" aria-labelledby="budgets"><h2 id="budgets">Budgets</h2>
<p class="soft">What each has cost so far, beside an even pace to its limit.</p>
<div class="panels across${across(budgets.length)}">${budgets.slice(0, MOST_BUDGETS).map((budget, at) => html`<figure><figcaption><h3><bdi>${nameOf(budget.category).name}</bdi></h3><p><b class="${shown(budget.state)}">${verdict(budget, asOf)}</b> ${spentOf(budget)}</p></figcaption>${budgetChart(budget, at, across(budgets.length) === 4 ? 300 : 352, described(budget, asOf))}</figure>`)}</div>
${budgets.length > MOST_BUDGETS ? html`<p class="soft">And ${count(budgets.length - MOST_BUDGETS, 'budget')} of which less is used: spendwise status.</p>` : undefined}</section>`;

/** Columns that leave the fewest places empty. */
const across = (panels: number): number => (panels < 3 ? 2 : panels % 4 === 0 || panels % 4 === 3 ? 4 : 3);

export function verdict(budget: BudgetCourse, asOf: string): Shown {
  const { state, percent, overOn } = budget;
  if (state === 'over')
    return ours`✗ ${overBy(budget)}${percent !== null && percent >= 300 ? ours` its limit` : ours``}`;
  if (state === 'reached') return ours`Used up`;
  if (willBeOver(budget) && overOn !== null) return ours`Over by ${dayName(overOn, asOf)}`;
  return ours`${percent ?? 0}% used`;
}

export const spentOf = ({
  spentMinor,
  limitMinor,
  currency,
  period,
  pendingMinor,
  otherCurrencies,
}: BudgetCourse): Shown =>
  joined(
    [
      ours`${money(spentMinor, currency)} of ${amount(limitMinor, currency)} this ${shown(period)}`,
      ...(pendingMinor === 0 ? [] : [ours`${amount(pendingMinor, currency)} pending`]),
      ...otherCurrencies.slice(0, 5).map((other) => ours`also ${money(other.spentMinor, other.currency)}`),
    ],
    ', ',
  );

const described = (budget: BudgetCourse, asOf: string): Shown =>
  joined(
    [
      ours`${nameOf(budget.category).name}: ${spentOf(budget)}`,
      budget.state === 'over' ? overBy(budget) : ours`${budget.percent ?? 0}% of its ${budgetName(budget)}`,
      ours`at an even pace it would be ${amount(budget.paceMinor, budget.currency)} by now`,
      ...(hasForecast(budget)
        ? [ours`at this pace it will be ${amount(budget.forecastMinor ?? 0, budget.currency)}`]
        : []),
      ...(willBeOver(budget) && budget.overOn !== null
        ? [ours`over by ${dayName(budget.overOn, asOf)}`]
        : []),
    ],
    '; ',
  );

function categoryPanels({ categories, months, asOf }: Report): Html {
  const byCurrency = [...Map.groupBy(categories, ({ currency }) => currency)];
  return html`<section class="categories" aria-labelledby="categories"><h2 id="categories">Twelve months, by category</h2>
<p class="soft">All bars of a currency have one scale. ${monthName(asOf)}, hatched, has not ended.</p>
${byCurrency.map(([currency, own]) => html`<h3 class="${byCurrency.length === 1 ? ours`unseen` : ours`currency`}">In ${shown(currency, 8)}</h3><div class="panels across${across(own.length)}">${own.slice(0, MOST_CATEGORIES).map((one) => panel(one, months, largest(own)))}</div>${own.length > MOST_CATEGORIES ? html`<p class="soft">And ${count(own.length - MOST_CATEGORIES, 'smaller category', 'smaller categories')}, in the table.</p>` : undefined}`)}
${table(categories, months)}</section>`;
}

function panel(one: CategoryMonths, months: readonly string[], most: number): Html {
  const { category, currency, spentMinor, averageMinor } = one;
  const average =
    averageMinor === null ? undefined : ours`${money(averageMinor, currency)} a month on average`;
  const now = ours`${money(spentMinor.at(-1) ?? 0, currency)} in ${monthName(months.at(-1) ?? '')} so far`;
  const { name } = nameOf(category);
  return html`<figure><figcaption><h4><bdi>${name}</bdi></h4><p class="soft">${average ?? now}</p></figcaption>${monthBars(one, months, most, joined([ours`${name}: ${now}`, ...(average === undefined ? [] : [average])], ', '))}</figure>`;
}

const table = (categories: readonly CategoryMonths[], months: readonly string[]): Html =>
  html`<details><summary>The figures of these drawings</summary><div class="wide" tabindex="0" role="region" aria-label="Spending by category and month"><table><thead><tr><th scope="col">Category</th>${months.map((month) => html`<th scope="col">${shortMonth(month)}</th>`)}</tr></thead><tbody>${categories.slice(0, MOST_ROWS).map(({ category, currency, spentMinor }) => html`<tr><th scope="row"><bdi>${nameOf(category).name}</bdi>, ${shown(currency, 8)}</th>${spentMinor.map((minor) => html`<td>${fullAmount(minor, currency)}</td>`)}</tr>`)}</tbody></table></div></details>`;

const shortMonth = (month: string): Shown =>
  shown(
    Temporal.PlainYearMonth.from(month)
      .toPlainDate({ day: 1 })
      .toLocaleString('en-GB', { month: 'short', year: '2-digit' }),
  );
