import { ours, type Shown } from '@spendwise/sandbox/shown';
import { scaleLinear } from 'd3-scale';
import { type Change, type Comparison, changeOf, type NewMerchant } from '../../spending/report/changes.ts';
import { type Html, html } from '../html.ts';
import { px } from '../pixels.ts';
import { earlierOf, inNumbers, lessOrMore } from './changes-in-words.ts';
import { dayName, monthName } from './dates.ts';
import type { Report } from './report.ts';
import { count, money, nameOf } from './words.ts';

/** What changed most: two comparisons, each by category and by merchant, and who is new. */
export function biggestChanges(report: Report): Html | undefined {
  const { monthSoFar, lastMonth } = report;
  if (monthSoFar === null) return undefined;
  return html`<section class="changes" aria-labelledby="changes">
<h2 id="changes">What changed</h2>
${compared(monthSoFar, ours`${monthName(monthSoFar.from)} so far`)}
${lastMonth !== null && compared(lastMonth, monthName(lastMonth.from))}
${newOnes(report)}</section>`;
}

const compared = (comparison: Comparison, title: Shown): Html =>
  html`<div class="comparison"><h3>${title}</h3><p class="soft">Compared with what was spent ${earlierOf(comparison)}.</p>
${list(comparison.categories, ours`By category`)}${list(comparison.merchants, ours`By merchant`)}</div>`;

function list(changes: readonly Change[], title: Shown): Html | undefined {
  if (changes.length === 0) return undefined;
  const own = Map.groupBy(changes, ({ currency }) => currency);
  const item = (change: Change) => html`<li>${ends(change.name, lessOrMore(change))}
${arrow(change, own.get(change.currency) ?? [])}
<p class="soft">${inNumbers(change)}</p></li>`;
  return html`<div><h4>${title}</h4><ul>${changes.slice(0, MOST).map(item)}</ul></div>`;
}

const ends = (name: string, figure: Shown): Html =>
  html`<p class="ends"><bdi>${nameOf(name).name}</bdi><b>${figure}</b></p>`;

/** Of all currencies. */
const MOST = 12;
const WIDTH = 320;

/** From the earlier amount (hollow) to this one, on a scale that the list has in common. */
function arrow(change: Change, all: readonly Change[]): Html {
  const amounts = all.flatMap(({ spentMinor, earlierMinor }) => [spentMinor, earlierMinor]);
  const x = scaleLinear([Math.min(0, ...amounts), Math.max(1, ...amounts)], [6, WIDTH - 8]);
  const [then, now] = [px(x(change.earlierMinor)), px(x(change.spentMinor))];
  const way = changeOf(change) < 0 ? 1 : -1;
  return html`<svg viewBox="0 0 ${WIDTH} 12" aria-hidden="true">
<path class="base" d="M0 6H${WIDTH}"/><path class="way" d="M${then} 6H${now}"/>
<circle class="then" cx="${then}" cy="6" r="3.5"/><path class="now" d="M${now} 6l${7 * way} -5v10z"/></svg>`;
}

const newOnes = ({ newMerchants, asOf }: Report): Html | false =>
  newMerchants.length > 0 &&
  html`<div class="comparison"><h3>New this month</h3><p class="soft">Merchants that took nothing before.</p>
<ul>${newMerchants.map((one) => html`<li>${ends(one.merchant, inWords(one, asOf))}</li>`)}</ul></div>`;

const inWords = ({ spentMinor, currency, transactions, firstOn }: NewMerchant, asOf: string): Shown =>
  transactions === 1
    ? ours`${money(spentMinor, currency)} on ${dayName(firstOn, asOf)}`
    : ours`${money(spentMinor, currency)} in ${count(transactions, 'payment')} since ${dayName(firstOn, asOf)}`;
