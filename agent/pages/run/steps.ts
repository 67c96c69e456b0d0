import { grouped, ours, type Shown, shown, shownLines } from '@spendwise/sandbox/shown';
import { type Html, html } from '../html.ts';
import { signOf } from './marks.ts';
import type { Body, LaneId, Moment, Story } from './story.ts';
import { after, lasting } from './times.ts';

/** What all texts of a page may take together, in characters; each has at least the least. */
const BODIES = 120_000;
const BODY = { least: 300, most: 4_000 };

/** Every moment with its details. A link to `#m7` opens the seventh, without a script too. No `details`: ten
 * thousand of them take a browser seconds. */
export function* steps({ moments, lanes }: Story): Generator<Html> {
  const bodies = moments.reduce((sum, moment) => sum + moment.bodies.length, 0);
  const room = Math.min(BODY.most, Math.max(BODY.least, Math.floor(BODIES / Math.max(1, bodies))));
  const names = new Map(lanes.map(({ id, name }) => [id, shown(name, 40)]));
  const [first = { from: 0 }] = moments;
  yield html`<ol class="steps">`;
  for (const moment of moments) yield step(moment, first.from, names, room);
  yield html`</ol>`;
}

function step(moment: Moment, first: number, names: ReadonlyMap<LaneId, Shown>, room: number): Html {
  const { n, lane, from, to, verdict, title, because, facts, bodies, audit, times, played } = moment;
  const { name, word } = signOf(verdict);
  const details: readonly (readonly [Shown, Shown | undefined])[] = [
    [ours`Because`, because ? shown(because, 1_000) : undefined],
    [times === undefined ? ours`Took` : ours`Within`, to === undefined ? undefined : lasting(to - from)],
    [ours`Staged`, played === undefined ? undefined : shown(played)],
    ...facts.map(([fact, value]) => [shown(fact, 60), shown(value, 500)] as const),
  ];
  const list = details.flatMap(([key, value]) =>
    value === undefined ? [] : html`<dt>${key}</dt><dd>${value}</dd>`,
  );
  const isEmpty = list.length + bodies.length === 0 && audit === undefined;
  return html`<li id="m${n}" class="${name}"><a href="#m${n}"><small>${after(from - first)} · ${names.get(lane)}</small>${
    verdict !== 'passed' && verdict !== 'plain' && html`<b>${word}</b> `
  }<bdi>${shown(title, 120)}</bdi>${times !== undefined && ours` ×${times}`}</a><div>${
    list.length > 0 && html`<dl>${list}</dl>`
  }${bodies.map((body) => html`<h3>${shown(body.name, 60)}</h3><pre>${within(body, room)}</pre>`)}${
    audit &&
    html`<h3>Audit log, line ${audit.line}</h3><pre>${shown(audit.text, 600)}</pre>
<p class="hash">SHA-256 ${shown(audit.hash)}</p>`
  }${isEmpty && html`<p class="soft">Nothing more is on record.</p>`}</div></li>
`;
}

function within({ text, more = 0 }: Body, room: number): Shown {
  const seen = shownLines(text.slice(0, room), ours``, { lines: 200, characters: room });
  const left = Math.max(0, text.length - room) + more;
  return left === 0 ? seen : ours`${seen}… and ${grouped(left)} more characters`;
}
