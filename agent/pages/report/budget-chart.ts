import { ours, type Shown } from '@spendwise/sandbox/shown';
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { BudgetCourse } from '../../spending/report/budget-courses.ts';
import { type Html, html } from '../html.ts';
import { px } from '../pixels.ts';
import { type Label, spread, ticks } from './drawing.ts';
import { forecastOf } from './lead.ts';
import { quietSpot } from './quiet-spot.ts';
import { short } from './words.ts';

const [TOP, BOTTOM] = [12, 148];
const HEIGHT = BOTTOM + 22;
/** Room for labels, at the right. */
const GUTTER = 104;
/** Between the baselines of two labels. */
const LINE = 13;
/** A flatter pace has no room for its name. */
const LEVEL = 30;

type Point = readonly [day: number, minor: number];

/** The sum so far against an even pace and the limit; dashed, where this pace leads. `id` is the drawing's own in its page. */
export function budgetChart(budget: BudgetCourse, id: number, width: number, label: Shown): Html {
  const right = width - GUTTER;
  const { days, passed, courseMinor, limitMinor, spentMinor } = budget;
  const end = forecastOf(budget);
  const x = scaleLinear([0, days], [0, right]);
  const y = scaleLinear(
    [Math.min(0, ...courseMinor), Math.max(1, limitMinor, end ?? 0, ...courseMinor)],
    [BOTTOM, TOP],
  );
  const place = ([day, minor]: Point) => [px(x(day)), px(y(minor))] as [number, number];
  const course = bends([0, ...courseMinor]).map(place);
  const forecast = end === null ? [] : [place([passed, spentMinor]), place([days, end])];
  const zero = px(y(0));
  const filled = area().y0(zero)(course) as Shown;
  const [even, now] = [place([days, limitMinor]), place([passed, spentMinor])];
  const over = spentMinor > limitMinor;
  const beside = now[0] > right - 48;
  const kind = over ? ours` over` : ours``;
  const axis = ticks(budget).map(({ day, text, first }) => {
    const [name, at] = first ? [ours`tick first`, 0] : [ours`tick`, px(x(day))];
    return html`<text class="${name}" x="${at}" y="${HEIGHT - 6}">${text}</text>`;
  });
  return html`<svg viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${label}">
<path class="base" d="M0 ${zero}H${right}"/>${axis}
<path class="filled" d="${filled}"/>
<path class="pace" d="M0 ${zero}L${even[0]} ${even[1]}"/>${evenPace([0, zero], even, [...course, ...forecast])}
<path class="limit" d="M0 ${even[1]}H${right}"/>
<path class="dashed" d="${drawn(forecast)}"/><path class="course" d="${drawn(course)}"/>
${
  over &&
  html`<clipPath id="above${id}"><path d="M0 0H${width}V${even[1]}H0Z"/></clipPath>
<g clip-path="url(#above${id})"><path class="excess" d="${filled}"/><path class="course over" d="${drawn(course)}"/></g>`
}
<circle class="dot${kind}" cx="${now[0]}" cy="${now[1]}" r="4"/>${
    !beside &&
    html`<text class="now" x="${now[0] + 7}" y="${Math.min(now[1] + 14, BOTTOM - 3)}">${short(spentMinor, budget.currency)}</text>`
  }
${labels(budget, end, y, beside).map(({ at, text }) => html`<g transform="translate(${right + 6} ${px(at) + 4})">${text}</g>`)}</svg>`;
}

/** The first and the last sum, and those beside which it changes: a year has many days on which it does not. */
const bends = (sums: readonly number[]): Point[] =>
  sums.flatMap((minor, day) =>
    minor === (sums[day - 1] ?? Number.NaN) && minor === (sums[day + 1] ?? Number.NaN)
      ? []
      : [[day, minor] as const],
  );

const drawn = (places: readonly [number, number][]): Shown => (line()([...places]) ?? '') as Shown;

function evenPace(
  from: [number, number],
  to: [number, number],
  other: readonly [number, number][],
): Html | undefined {
  const spot = from[1] - to[1] < LEVEL ? undefined : quietSpot(from, to, other);
  return (
    spot &&
    html`<text class="along" transform="translate(${spot.x} ${spot.y}) rotate(${spot.degrees})">even pace</text>`
  );
}

/** At the right: the limit, the forecast's end, and what is spent if the dot is there. */
function labels(
  budget: BudgetCourse,
  end: number | null,
  y: (minor: number) => number,
  spentToo: boolean,
): Label[] {
  const { limitMinor, spentMinor, currency } = budget;
  const label = (minor: number, name: Shown, kind: Shown): Label => ({
    at: y(minor),
    text: html`<text class="${kind}">${short(minor, currency)} ${name}</text>`,
  });
  return spread(
    [
      label(limitMinor, ours`limit`, ours`soft`),
      ...(end === null ? [] : [label(end, ours`forecast`, end > limitMinor ? ours`over` : ours`soft`)]),
      ...(spentToo ? [label(spentMinor, ours`spent`, ours`now`)] : []),
    ],
    LINE,
    BOTTOM,
  );
}
