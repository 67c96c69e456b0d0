import { ours, type Shown } from '@spendwise/sandbox/shown';
import { scaleLinear } from 'd3-scale';
import { type Change, type Comparison, changeOf, type NewMerchant } from '../../spending/report/changes.ts';
import { type Html, html } from '../html.ts';
import { earlierOf, inNumbers, lessOrMore } from './changes-in-words.ts';
import type { Report } from './report.ts';
import { asHtml, count, dayName, money, monthName, nameOf, said } from './words.ts';

/** What changed most: two comparisons, each by category and by merchant, and who is new. */
export function biggestChanges(report: Report): Html | undefined {
  const { monthSoFar, lastMonth } = report;
  if (monthSoFar === null) return undefined;
  return html`<section class="changes" aria-labelledby="changes">
<h2 id="changes">What changed</h2>
${compared(monthSoFar, ours`${monthName(monthSoFar.from)} so far`)}
${lastMonth === null ? undefined : compared(lastMonth, monthName(lastMonth.from))}
${newOnes(report)}</section>`;
}

const compared = (comparison: Comparison, title: Shown): Html =>
  html`<div class="comparison"><h3>${title}</h3><p class="soft">What was spent, after what was spent ${earlierOf(comparison)}.</p>
${list(comparison.categories, ours`By category`)}${list(comparison.merchants, ours`By merchant`)}</div>`;

function list(changes: readonly Change[], title: Shown): Html | undefined {
  if (changes.length === 0) return undefined;
  const own = Map.groupBy(changes, ({ currency }) => currency);
  return html`<div><h4>${title}</h4><ul>${changes.slice(0, MOST).map((change) => html`<li><p class="ends">${asHtml(said`${nameOf(change.name)}`)}<b>${lessOrMore(change)}</b></p>${arrow(change, own.get(change.currency) ?? [])}<p class="soft">${inNumbers(change)}</p></li>`)}</ul></div>`;
}

/** Of all currencies. */
const MOST = 12;
const WIDTH = 320;

/** From the earlier amount (hollow) to this one, on a scale that the list has in common. */
function arrow(change: Change, all: readonly Change[]): Html {
  const amounts = all.flatMap(({ spentMinor, earlierMinor }) => [spentMinor, earlierMinor]);
  const x = scaleLinear([Math.min(0, ...amounts), Math.max(1, ...amounts)], [6, WIDTH - 8]);
  const [then, now] = [x(change.earlierMinor), x(change.spentMinor)].map(
    (at) => Math.round(at * 10) / 10,
  ) as [number, number];
  const way = changeOf(change) < 0 ? 1 : -1;
  return html`<svg viewBox="0 0 ${WIDTH} 12" aria-hidden="true"><path class="base" d="M0 6H${WIDTH}"/><path class="way" d="M${then} 6H${now}"/><circle class="then" cx="${then}" cy="6" r="3.5"/><path class="now" d="M${now} 6l${7 * way} -5v10z"/></svg>`;
}

const newOnes = ({ newMerchants, asOf }: Report): Html | undefined =>
  newMerchants.length === 0
    ? undefined
    : html`<div class="comparison"><h3>New this month</h3><p class="soft">Merchants that took nothing before.</p><ul>${newMerchants.map((one) => html`<li><p class="ends">${asHtml(said`${nameOf(one.merchant)}`)}<b>${inWords(one, asOf)}</b></p></li>`)}</ul></div>`;

const inWords = ({ spentMinor, currency, transactions, firstOn }: NewMerchant, asOf: string): Shown =>
  transactions === 1
    ? ours`${money(spentMinor, currency)} on ${dayName(firstOn, asOf)}`
    : ours`${money(spentMinor, currency)} in ${count(transactions, 'payment')} since ${dayName(firstOn, asOf)}`;
