import { grouped, ours, shown } from '@spendwise/sandbox/shown';
import { type Document, documentOf } from '../document.ts';
import { type Html, html } from '../html.ts';
import { scriptOf } from '../script.ts';
import { headline } from './headline.ts';
import { inlineMark, markDefinitions, signOf } from './marks.ts';
import { opening } from './opening.ts';
import { steps } from './steps.ts';
import type { Story, Verdict } from './story.ts';
import { NAMES_WIDTH, type Timeline, timeline } from './timeline.ts';
import { topology } from './topology.ts';
import { inWords } from './topology-in-words.ts';

/** The page of one run. `timeZone` is that of the reader. */
export async function runPage(story: Story, timeZone = Temporal.Now.timeZoneId()): Promise<Document> {
  return documentOf({
    title: ours`${headline(story)} – SpendWise`,
    styles: [DRAWING, STYLE],
    script: await scriptOf('run'),
    body: body(story, timeZone),
  });
}

function* body(story: Story, timeZone: string): Generator<Html> {
  yield html`<svg class="unseen" aria-hidden="true">${markDefinitions()}</svg>
<main class="sheet">
${opening(story, timeZone)}
<div class="run">
`;
  yield timelineSection(story, timeline(story));
  yield html`<section class="record" aria-labelledby="steps"><h2 id="steps">All ${grouped(story.moments.length)} steps</h2>
<p><label><input type="checkbox" id="only"> only what was stopped</label></p>
<div class="list">`;
  yield* steps(story);
  yield html`</div></section>
</div>
${topologySection(story)}
${closing(story)}
</main>`;
}

const timelineSection = (
  { moments }: Story,
  { names, drawing, width, height }: Timeline,
): Html => html`<section aria-labelledby="timeline"><h2 id="timeline">What happened, in time</h2>
<p class="soft">Each mark leads to its details, and a line joins what belongs to one call. The axis is cut, at a zigzag, where nothing
happened for long.</p>
<p class="key">${KEY.filter((verdict) => moments.some((moment) => moment.verdict === verdict)).map((verdict) => html`<span>${inlineMark(verdict)} ${signOf(verdict).word}</span>`)}</p>
<p id="readout" class="readout" aria-hidden="true"></p>
<div class="lanes"><svg viewBox="0 0 ${NAMES_WIDTH} ${height}" width="${NAMES_WIDTH}" height="${height}" aria-hidden="true">${names}</svg>
<div class="wide"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="Timeline">${drawing}</svg></div></div></section>
`;

function topologySection(story: Story): Html {
  const { drawing, width, height } = topology(story);
  return html`<section aria-labelledby="map"><h2 id="map">Who could reach whom</h2>
<p class="soft">As it was in this run. A line that ends in a cross was stopped there.</p>
<div class="wide" tabindex="0" role="region" aria-label="Drawing of who could reach whom"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="map">${drawing}</svg></div>
<details><summary>The same in words</summary><ul>${inWords(story)}</ul></details></section>`;
}

const KEY: readonly Verdict[] = ['passed', 'asked', 'stopped', 'failed', 'unknown'];

const closing = ({ audit, id, recordGone }: Story): Html => html`<footer class="soft">
<p>Made by SpendWise from its own records of this run. ${
  audit &&
  ours`Audit log ${shown(audit.log, 100)}: ${audit.lines} lines${audit.head === undefined ? ours`` : ours`, the last with SHA-256 ${shown(audit.head)}`}.`
} ${
  recordGone
    ? ours`The records were thrown away with the demo’s folder.`
    : html`All events as JSON: <code>spendwise runs show ${shown(id, 40)} --json</code>`
}</p></footer>`;

const DRAWING = new URL('./drawing.css', import.meta.url);
const STYLE = new URL('./run.css', import.meta.url);
