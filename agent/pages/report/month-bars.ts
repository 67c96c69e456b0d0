import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { scaleBand } from 'd3-scale';
import type { CategoryMonths } from '../../spending/report/months.ts';
import { type Html, html } from '../html.ts';
import { px } from '../pixels.ts';
import { monthName } from './dates.ts';
import { short } from './words.ts';

const WIDTH = 300;
const GUTTER = 54;
/** The highest bar of a currency. All its drawings have this scale, so lower ones need less room. */
const HIGHEST = 150;
const [ABOVE, BELOW] = [16, 30];
/** So that a drawing of small bars is one. */
const LEAST = 24;

/** The largest amount of several categories, in either direction: what their common scale goes to. */
export const largest = (all: readonly CategoryMonths[]): number =>
  Math.max(1, ...all.flatMap(({ spentMinor }) => spentMinor.map(Math.abs)));

/** Twelve bars; the last one, which may grow, is hatched. */
export function monthBars(one: CategoryMonths, months: readonly string[], most: number, label: Shown): Html {
  const { spentMinor, currency, averageMinor } = one;
  const pixels = (minor: number) => px((Math.abs(minor) / most) * HIGHEST);
  const up = Math.max(LEAST, ...spentMinor.map((minor) => (minor > 0 ? pixels(minor) : 0)));
  const down = Math.max(0, ...spentMinor.map((minor) => (minor < 0 ? pixels(minor) + 12 : 0)));
  const zero = ABOVE + up;
  const height = zero + down + BELOW;
  const x = scaleBand(
    months.map((_, at) => at),
    [0, WIDTH - GUTTER],
  ).padding(0.22);
  const left = (at: number) => px(x(at) ?? 0);
  const middle = (at: number) => px(left(at) + x.bandwidth() / 2);
  const last = months.length - 1;
  const bar = (minor: number, at: number) => {
    const top = minor < 0 ? zero : px(zero - pixels(minor));
    return html`<rect class="${at === last ? ours`bar unfinished` : ours`bar`}" x="${left(at)}" y="${top}"
width="${px(x.bandwidth())}" height="${pixels(minor)}"/>`;
  };
  const value = (at: number) => {
    const minor = spentMinor[at] ?? 0;
    const y = px(minor < 0 ? zero + pixels(minor) + 11 : zero - pixels(minor) - 4);
    const [place, x] =
      at === 0
        ? [ours`first`, left(0)]
        : at === last
          ? [ours`last`, WIDTH - GUTTER]
          : [ours`middle`, middle(at)];
    return html`<text class="value ${place}" x="${x}" y="${y}">${short(minor, currency)}</text>`;
  };
  const tick = (month: string, at: number) =>
    html`<text class="tick${at === last ? ours` now` : ours``}" x="${middle(at)}" y="${zero + down + 12}">${monthName(month, { month: 'narrow' })}</text>`;
  const year = (month: string, at: number) =>
    (at === 0 || month.endsWith('-01')) &&
    html`<text class="year" x="${left(at)}" y="${zero + down + 25}">${yearOf(month, at, months)}</text>`;
  const average = averageMinor ?? 0;
  const averageY = zero - (average < 0 ? -1 : 1) * pixels(average);
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${spentMinor.flatMap((minor, at) => (minor === 0 ? [] : bar(minor, at)))}<path class="base" d="M0 ${zero}H${WIDTH - GUTTER}"/>
${
  average !== 0 &&
  html`<path class="average" d="M0 ${averageY}H${WIDTH - GUTTER}"/>
<text class="soft" x="${WIDTH - GUTTER + 4}" y="${averageY + 4}">average</text>`
}
${labelled(spentMinor).map(value)}
${months.map(tick)}
${months.map(year)}</svg>`;
}

/** The last bar, and the highest if it says something else and has room. */
function labelled(spentMinor: readonly number[]): number[] {
  const last = spentMinor.length - 1;
  const highest = spentMinor.indexOf(Math.max(...spentMinor));
  return [
    ...(spentMinor[last] === 0 ? [] : [last]),
    ...(last - highest > 1 && spentMinor[highest] !== spentMinor[last] ? [highest] : []),
  ];
}

/** Not where the next year begins right behind it. */
const yearOf = (month: string, at: number, months: readonly string[]): Shown =>
  at === 0 && (months[1]?.endsWith('-01') || months[2]?.endsWith('-01')) ? ours`` : shown(month.slice(0, 4));
