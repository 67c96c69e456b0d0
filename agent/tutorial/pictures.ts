import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { yearReport } from '../../testing/support/reports.ts';
import { demoStory } from '../../testing/support/stories.ts';
import { type Html, html } from '../pages/html.ts';
import { budgetChart } from '../pages/report/budget-chart.ts';
import { spentOf, verdict } from '../pages/report/budget-panels.ts';
import { HATCHES } from '../pages/report/drawing.ts';
import type { Report } from '../pages/report/report.ts';
import { markDefinitions } from '../pages/run/marks.ts';
import type { Story } from '../pages/run/story.ts';
import { NAMES_WIDTH, timeline } from '../pages/run/timeline.ts';
import { topology } from '../pages/run/topology.ts';
import { TUTORIAL } from './lessons.ts';

/** `npm run pictures`: what the README and the lessons show, drawn by the code that draws the pages. */
export const PICTURES = join(TUTORIAL, 'pictures');

/** By file name. */
export async function pictures(): Promise<Record<string, string>> {
  const story = demoStory();
  const time = timeline(ofTheRun(story));
  const map = topology(story);
  return {
    'run.svg': picture(
      ours`The run of the demo in time: two texts sent, a text to a stranger and two hosts stopped`,
      { width: NAMES_WIDTH + time.width, height: time.height },
      html`${time.names}<svg x="${NAMES_WIDTH}">${time.drawing}</svg>`,
      DRAWING,
    ),
    'topology.svg': picture(ours`Who could reach whom in the run of the demo`, map, map.drawing, DRAWING),
    'budgets.svg': budgets(yearReport()),
  };
}

/** The four that are said most about: one is over, one will be. */
function budgets({ budgets, asOf }: Report): string {
  const [width, height, head] = [380, 170, 46];
  const panels = budgets.slice(0, 4).map((budget, at) => {
    const chart = budgetChart(budget, at, width, ours``);
    const [x, y] = [(at % 2) * (width + 46), Math.floor(at / 2) * (head + height + 24)];
    return html`<svg x="${x}" y="${y}" width="${width}" height="${head + height}">
<text class="name" y="14">${shown(budget.category)}</text>
<text y="33"><tspan class="${shown(budget.state)}">${verdict(budget, asOf)}</tspan> ${spentOf(budget)}</text>
<svg y="${head}" width="${width}" height="${height}">${chart}</svg></svg>`;
  });
  return picture(
    ours`Four budgets in a week of November: what each has cost so far, beside an even pace to its limit`,
    { width: 2 * width + 46, height: 2 * (head + height) + 24 },
    html`<defs>${HATCHES}</defs>${panels}`,
    REPORT,
  );
}

/** Without what came before the request and after the last event. */
const ofTheRun = (story: Story): Story => ({
  ...story,
  moments: story.moments
    .filter(({ from, to = from }) => to >= story.began)
    .map(({ from, to, ...moment }) => ({
      ...moment,
      from: Math.max(from, story.began),
      ...(to === undefined ? {} : { to: Math.min(to, story.ended ?? to) }),
    })),
});

/** The style sheet of the pages starts with the colours, light and dark. */
const COLOURS = /:root \{.*?\}/s.exec(
  readFileSync(new URL('../pages/page.css', import.meta.url), 'utf8'),
)?.[0];
const DRAWING = readFileSync(new URL('../pages/run/drawing.css', import.meta.url), 'utf8');
const REPORT = `${readFileSync(new URL('../pages/report/drawing.css', import.meta.url), 'utf8')}
text.name { font: 700 15px var(--serif); }
text tspan { font-weight: 700; }
tspan.over { fill: var(--stop); }
`;
const MARGIN = 12;

/** As a file of its own, which needs nothing else. */
function picture(
  title: Shown,
  { width, height }: { width: number; height: number },
  drawing: Html,
  style: string,
): string {
  const [outerWidth, outerHeight] = [width + 2 * MARGIN, height + 2 * MARGIN];
  const drawn = html`<title>${title}</title>
${markDefinitions()}
<rect width="${outerWidth}" height="${outerHeight}" class="ground"/>
<svg x="${MARGIN}" y="${MARGIN}" width="${width}" height="${height}">${drawing}</svg>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${outerWidth} ${outerHeight}" width="${outerWidth}" height="${outerHeight}">
<style>
${COLOURS}
text { font-family: var(--sans); fill: var(--ink); }
.ground { fill: var(--paper); }
${style}</style>
${drawn.text}
</svg>
`;
}

if (resolve(process.argv[1] ?? '') === import.meta.filename)
  for (const [name, text] of Object.entries(await pictures())) writeFileSync(join(PICTURES, name), text);
