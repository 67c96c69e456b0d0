import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { MonthCourse } from '../../spending/report/month-courses.ts';
import { type Html, html } from '../html.ts';
import { px } from '../pixels.ts';
import { comparedWith } from './changes-in-words.ts';
import { monthName } from './dates.ts';
import { spread } from './drawing.ts';
import type { Report } from './report.ts';
import { money, short } from './words.ts';

const WIDTH = 400;
const [TOP, BOTTOM, LEFT, RIGHT] = [16, 188, 46, 316];

/** The drawing beside the headline: this month against the one before, in the household's currency. */
export function monthChart(report: Report): Html | undefined {
  const { monthCourses, monthSoFar, asOf, months } = report;
  const [own] = monthCourses;
  if (own === undefined || monthSoFar === null) return undefined;
  const [now, before] = [monthName(asOf), monthName(months.at(-2) ?? '')];
  const change = monthSoFar.totals.find((one) => one.currency === own.currency);
  const spent = ours`${money(own.soFarMinor.at(-1) ?? 0, own.currency)} in ${now} so far`;
  const label = change === undefined ? spent : ours`${spent}, ${comparedWith(change, monthSoFar)}`;
  return html`<figure class="course-of-month"><figcaption><h2>${now} against ${before}</h2>
<p class="soft">All spending in ${shown(own.currency, 8)}, summed up day by day</p></figcaption>
${drawing(own, months, label)}</figure>`;
}

function drawing(course: MonthCourse, months: readonly string[], label: Shown): Html {
  const { currency, soFarMinor, beforeMinor } = course;
  const days = Math.max(beforeMinor.length, soFarMinor.length);
  const all = [0, 1, ...soFarMinor, ...beforeMinor];
  const x = scaleLinear([0, days], [LEFT, RIGHT]);
  const y = scaleLinear([Math.min(...all), Math.max(...all)], [BOTTOM, TOP]);
  const places = (minors: readonly number[]) =>
    [0, ...minors].map((minor, day) => [px(x(day)), px(y(minor))] as [number, number]);
  const drawn = (minors: readonly number[]) => line()(places(minors)) as Shown;
  const [last, lastBefore] = [soFarMinor.at(-1) ?? 0, beforeMinor.at(-1) ?? 0];
  const [end, height] = [px(x(soFarMinor.length)), px(y(last))];
  const beside = end > RIGHT - 80;
  const [before, now] = months.slice(-2).map((month) => monthName(month, { month: 'short' }));
  const nowLabel = html`<text class="now">${now} ${short(last, currency)}</text>`;
  const beforeLabel = html`<text class="soft">${before} ${short(lastBefore, currency)}</text>`;
  const labels = [
    { at: y(lastBefore), text: beforeLabel },
    ...(beside ? [{ at: height, text: nowLabel }] : []),
  ];
  return html`<svg viewBox="0 0 ${WIDTH} ${BOTTOM + 22}" role="img" aria-label="${label}">
${y.ticks(3).map((minor) => html`<path class="base" d="M${LEFT} ${px(y(minor))}H${RIGHT}"/><text class="scale" x="${LEFT - 6}" y="${px(y(minor)) + 4}">${short(minor, currency)}</text>`)}
${[0, 7, 14, 21, days - 1].map((day) => html`<text class="tick" x="${px(x(day + 0.5))}" y="${BOTTOM + 16}">${day + 1}</text>`)}
<path class="filled" d="${area().y0(px(y(0)))(places(soFarMinor)) as Shown}"/><path class="then" d="${drawn(beforeMinor)}"/><path class="course" d="${drawn(soFarMinor)}"/>
<circle class="dot" cx="${end}" cy="${height}" r="4"/>${!beside && html`<g transform="translate(${end + 8} ${Math.min(height + 14, BOTTOM - 4)})">${nowLabel}</g>`}
${spread(labels, 15, BOTTOM).map(({ at, text }) => html`<g transform="translate(${RIGHT + 7} ${px(at) + 4})">${text}</g>`)}</svg>`;
}
