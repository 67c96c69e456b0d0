import { joined, ours, shown } from '@spendwise/sandbox/shown';
import type { CategoryMonths } from '../../spending/report/months.ts';
import { type Html, html } from '../html.ts';
import { monthName } from './dates.ts';
import { across } from './drawing.ts';
import { largest, monthBars } from './month-bars.ts';
import type { Report } from './report.ts';
import { count, fullAmount, money, nameOf } from './words.ts';

/** So many of a currency have a drawing; the table has the rest. */
const MOST = 12;
const MOST_ROWS = 300;

export function categoryPanels({ categories, months, asOf }: Report): Html {
  const byCurrency = [...Map.groupBy(categories, ({ currency }) => currency)];
  return html`<section class="categories" aria-labelledby="categories"><h2 id="categories">Twelve months, by category</h2>
<p class="soft">All bars${byCurrency.length > 1 && ours` of a currency`} have the same scale. ${monthName(asOf)}, hatched, has not ended.</p>
${byCurrency.map(
  ([
    currency,
    own,
  ]) => html`<h3 class="${byCurrency.length === 1 ? ours`unseen` : ours`currency`}">In ${shown(currency, 8)}</h3>
<div class="panels across${across(own.length)}">${own.slice(0, MOST).map((one) => panel(one, months, largest(own)))}</div>
${smaller(own.length - MOST)}`,
)}
${table(categories, months)}</section>`;
}

const smaller = (number: number): Html | false =>
  number > 0 &&
  html`<p class="soft">And ${count(number, 'smaller category', 'smaller categories')}, in the table.</p>`;

function panel(one: CategoryMonths, months: readonly string[], most: number): Html {
  const { category, currency, spentMinor, averageMinor } = one;
  const average =
    averageMinor === null ? undefined : ours`${money(averageMinor, currency)} a month on average`;
  const now = ours`${money(spentMinor.at(-1) ?? 0, currency)} in ${monthName(months.at(-1) ?? '')} so far`;
  const { name } = nameOf(category);
  const label = joined([ours`${name}: ${now}`, ...(average === undefined ? [] : [average])], ', ');
  return html`<figure>
<figcaption><h4><bdi>${name}</bdi></h4><p class="soft">${average ?? now}</p></figcaption>
${monthBars(one, months, most, label)}</figure>`;
}

const table = (
  categories: readonly CategoryMonths[],
  months: readonly string[],
): Html => html`<details><summary>The figures behind these charts</summary>
<div class="wide" tabindex="0" role="region" aria-label="Spending by category and month"><table>
<thead><tr><th scope="col">Category</th>${months.map((month) => html`<th scope="col">${monthName(month, { month: 'short', year: '2-digit' })}</th>`)}</tr></thead>
<tbody>${categories.slice(0, MOST_ROWS).map(row)}</tbody></table></div></details>`;

const row = ({ category, currency, spentMinor }: CategoryMonths): Html => html`<tr>
<th scope="row"><bdi>${nameOf(category).name}</bdi>, ${shown(currency, 8)}</th>
${spentMinor.map((minor) => html`<td>${fullAmount(minor, currency)}</td>`)}</tr>`;
