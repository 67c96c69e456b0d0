import { counted, grouped, joined, ours, type Shown, shown, shownLines } from '@spendwise/sandbox/shown';
import { dollars } from '../../models/prices.ts';
import { type Html, html } from '../html.ts';
import { halted, wentOut } from './headline.ts';
import { inlineMark } from './marks.ts';
import { attemptsOf, stopsOf, textsOf } from './outcome.ts';
import type { LaneId, Moment, Story, Text } from './story.ts';
import { fullTime, lasting } from './times.ts';
import { twilioOf } from './twilio.ts';

/** The headline, what was asked and answered, the facts, and at a glance what was stopped and what went out. */
export function opening(story: Story, timeZone: string): Html {
  const { warning } = twilioOf(story);
  return html`<header>
<p class="kicker">SpendWise · the record of one run · ${shown(story.id, 40)}</p>
<h1><span>${wentOut(story)};</span> <span>${halted(story)}</span></h1>
${warning && html`<p class="standfirst">${warning}</p>`}
${trouble(story)}
<div class="exchange"><p><b>You asked</b> <q>${shown(story.prompt, 600)}</q></p>${
    story.answer !== undefined &&
    html`<p><b>The model answered</b></p><pre class="answer">${shownLines(story.answer, ours``, { lines: 30, characters: 1_000 })}</pre>`
  }</div>
${facts(story, timeZone)}
</header>
${atAGlance(story)}`;
}

function atAGlance(story: Story): Html | undefined {
  const stops = stopsOf(story);
  const { out, unknown } = textsOf(story);
  const texts = [
    ...out.map((text) => bubble(text, ours`sent`, ours`${shown(text.state, 20)}${twilioOf(story).to}`)),
    ...unknown.map((text) => bubble(text, ours`unknown`, ours`may have gone out`)),
  ];
  const went = [
    ...(out.length > 0 ? [ours`went out`] : []),
    ...(unknown.length > 0 ? [ours`may have gone out`] : []),
  ];
  if (stops.length + texts.length === 0) return undefined;
  return html`<section class="glance" aria-label="At a glance">${
    stops.length > 0 &&
    html`<div><h2>What was stopped</h2>
<ul class="stops">${stops.slice(0, MOST).map(stopped)}</ul>${rest(stops.length)}</div>`
  }${
    texts.length > 0 &&
    html`<div><h2>What ${joined(went, ' or ')}</h2>
<ul class="texts">${texts.slice(0, MOST)}</ul>${rest(texts.length)}</div>`
  }</section>`;
}

const MOST = 6;
const rest = (count: number): Html | false =>
  count > MOST && html`<p class="soft">and ${count - MOST} more, among the steps below</p>`;

function trouble({ outcome, error, servers, gaps }: Story): Html | false {
  const lines = [
    ...(outcome === 'failed'
      ? [ours`The run failed: ${shown(error?.message ?? 'no reason is on record')}`]
      : []),
    ...(outcome === 'interrupted' ? [ours`The run was interrupted.`] : []),
    ...(outcome === 'broke off' ? [ours`The record breaks off here, or the run is not finished.`] : []),
    ...servers.flatMap(({ name, ended }) =>
      ended === undefined
        ? []
        : ours`The server ${shown(name, 60)} ended before the run did: ${shown(ended, 120)}`,
    ),
    ...gaps.map((gap) => shown(gap)),
  ];
  return lines.length > 0 && html`<ul class="trouble">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function facts(story: Story, timeZone: string): Html {
  const { moments, model, usage, audit } = story;
  const start = moments[0]?.from;
  const end = moments.reduce((last, { from, to = from }) => Math.max(last, to), start ?? 0);
  const { calls, connections } = attemptsOf(story);
  const cost = usage.estimatedCostUsd;
  const when =
    start === undefined ? ours`not known` : ours`${fullTime(start, timeZone)}, for ${lasting(end - start)}`;
  const rows: [Shown, Shown][] = [
    [ours`When`, when],
    [ours`Model`, model.kind === 'scripted' ? ours`scripted rules, no AI` : shown(model.name, 60)],
    [ours`Twilio`, twilioOf(story).fact],
    [
      ours`Servers`,
      story.runtime === 'process' ? ours`NOT in sandboxes` : ours`in sandboxes (${shown(story.runtime, 40)})`,
    ],
    [
      ours`Tried`,
      joined(
        [
          counted(calls, 'tool call'),
          // Without a broker, nobody saw any; without a log, nobody knows.
          story.runtime === 'process' || audit === undefined
            ? ours`connections unknown`
            : counted(connections, 'connection'),
        ],
        ', ',
      ),
    ],
    [
      ours`Tokens`,
      ours`${grouped(usage.inputTokens)} in, ${grouped(usage.outputTokens)} out, in ${counted(usage.calls, 'answer')}${cost === undefined ? ours`` : ours`, about ${dollars(cost) as Shown}`}`,
    ],
    [ours`Audit log`, auditState(audit)],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function auditState(audit: Story['audit']): Shown {
  if (audit === undefined) return ours`none is known`;
  return audit.problem === undefined
    ? ours`${grouped(audit.lines)} lines, unchanged since they were written`
    : ours`NOT VERIFIED: ${shown(audit.problem, 200)}`;
}

const BY: readonly (readonly [start: string, who: Shown])[] = [
  ['door', ours`by the tool policy, before it reached the server`],
  ['broker', ours`by the broker, outside the sandbox`],
  ['you', ours`by you`],
  ['server', ours`by the sandbox’s gate, before it reached the server`],
];

const stopper = (lane: LaneId): Shown => BY.find(([start]) => lane.startsWith(start))?.[1] ?? ours``;

function stopped({ n, lane, title, because, times, played, bodies }: Moment): Html {
  const attempt = bodies.find(({ name }) => name === 'arguments')?.text;
  return html`<li>${inlineMark('stopped')}<div>
<a href="#m${n}"><b>STOPPED</b> <bdi>${shown(title, 120)}</bdi></a>${times !== undefined && ours` ×${times}`}
${attempt !== undefined && html`<pre>${shown(attempt, 240)}</pre>`}
<p>${stopper(lane)}${because !== undefined && ours`: ${shown(because, 240)}`}</p>
${played !== undefined && html`<p class="soft">Staged. ${shown(played, 200)}</p>`}</div></li>`;
}

const bubble = ({ to, body }: Text, kind: Shown, state: Shown): Html =>
  html`<li class="${kind}"><pre>${shownLines(body, ours``, { lines: 12, characters: 400 })}</pre><p class="soft">to ${shown(to, 20)} · ${state}</p></li>`;
