import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { curveBumpX, line } from 'd3-shape';
import { type Html, html } from '../html.ts';
import { px } from '../pixels.ts';
import { AXIS, LABEL_CHARACTERS, LANE, type Layout, layOut, type Placed } from './layout.ts';
import { mark, signOf } from './marks.ts';
import type { Lane, Story } from './story.ts';
import { after, lasting } from './times.ts';

export interface Timeline {
  /** The names of the lanes, which stay where they are when the drawing scrolls. */
  readonly names: Html;
  readonly drawing: Html;
  readonly width: number;
  readonly height: number;
}

export const NAMES_WIDTH = 132;
/** With more, lines between moments would be a grey cloud. */
const MAX_THREADS = 400;

export function timeline(story: Story): Timeline {
  const layout = layOut(story);
  const [first = { from: 0 }] = story.moments;
  const lanes = story.lanes.map((_, at) => rule(at, px(layout.width)));
  return {
    names: html`${story.lanes.map(laneName)}`,
    drawing: html`${lanes}${axis(layout)}
${threads(layout)}
${layout.marks.map((placed) => drawMark(placed, first.from))}`,
    width: px(layout.width),
    height: layout.height,
  };
}

const laneName = ({ name, about }: Lane, at: number): Html => {
  const y = AXIS + at * LANE;
  return html`${rule(at, NAMES_WIDTH)}<text x="0" y="${y + 27}" class="lane">${shown(name, 18)}</text>
<text x="0" y="${y + 43}" class="note">${shown(about, 24)}</text>`;
};

/** The line above a lane. */
const rule = (lane: number, width: number): Html => {
  const y = AXIS + lane * LANE;
  return html`<line x1="0" x2="${width}" y1="${y}" y2="${y}" class="rule"/>`;
};

const axis = ({ ticks, breaks, height }: Layout): Html => html`
<g class="axis">${ticks.map(({ x, ms }) => {
  const [anchor, text] = ms === 0 ? [ours`start`, ours`0`] : [ours`middle`, after(ms)];
  return html`<line x1="${px(x)}" x2="${px(x)}" y1="${AXIS - 6}" y2="${height}" class="rule"/>
<text x="${px(x)}" y="${AXIS - 12}" text-anchor="${anchor}">${text}</text>`;
})}${breaks.map(
  ({ x, ms }) =>
    html`<g><title>${lasting(ms)} without an event, cut short here</title>
<path d="M${px(x)} ${AXIS - 6}l-4 12 8 8-4 12V${height}" class="break"/></g>`,
)}</g>`;

function threads({ marks }: Layout): Html | undefined {
  // What the ledger notes before a text goes out is not on the text's way.
  const onTheWay = marks.filter(
    ({ moment: { thread, lane, verdict } }) =>
      thread !== undefined && (lane !== 'phone' || verdict !== 'plain'),
  );
  const byThread = Map.groupBy(onTheWay, ({ moment }) => moment.thread);
  if (byThread.size > MAX_THREADS) return undefined;
  const path = line<Placed>((placed) => px(placed.x), height).curve(curveBumpX);
  return html`<g class="threads">${[...byThread.values()]
    .filter((placed) => placed.length > 1)
    .map((placed) => html`<path d="${shown(path(placed) ?? '', Number.POSITIVE_INFINITY)}"/>`)}</g>`;
}

/** What lasts while others happen stands above them in its lane. */
const height = ({ y, holdsOthers }: Placed): number => (holdsOthers ? y - 20 : y - 4);

function drawMark(placed: Placed, first: number): Html {
  const { moment, x, end, holdsOthers, label, count } = placed;
  const { n, verdict, title } = moment;
  const thick = holdsOthers ? 4 : 8;
  const bar =
    end !== undefined &&
    end - x >= 2 &&
    html`<rect x="0" y="${-thick / 2}" width="${px(end - x)}" height="${thick}" rx="2" class="bar"/>`;
  const many = count === 1 ? ours`` : ours` ×${count}`;
  const text =
    label && html`<text x="-11" y="25" class="label">${shown(title, LABEL_CHARACTERS)}${many}</text>`;
  const place = html`${px(x)} ${px(height(placed))}`;
  return html`<a href="#m${n}" class="mark ${signOf(verdict).name}" transform="translate(${place})">
<title>${describe(placed, first)}</title>
${bar}<rect x="-12" y="-12" width="24" height="24" class="hit"/>${mark(verdict)}${text}</a>`;
}

function describe({ moment, count }: Placed, first: number): Shown {
  const { from, to, verdict, title, because } = moment;
  const { word } = signOf(verdict);
  const end = to === undefined ? ours`` : ours`, ${lasting(to - from)}`;
  const why = because === undefined ? ours`` : ours`: ${shown(because, 120)}`;
  const many = count === 1 ? ours`` : ours` and ${count - 1} more like it`;
  return ours`${after(from - first)}${end}  ${word === '' ? ours`` : ours`${word} `}${shown(title, 80)}${many}${why}`;
}
