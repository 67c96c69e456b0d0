import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { curveBumpX, line } from 'd3-shape';
import { type Html, html } from '../html.ts';
import { px } from '../pixels.ts';
import { mark } from './marks.ts';
import type { Counts, Server } from './story.ts';

const HEIGHT = 46;
/** Left edge and width of the nodes. */
const COLUMNS = {
  you: { left: 2, width: 90 },
  model: { left: 118, width: 104 },
  door: { left: 274, width: 108 },
  server: { left: 482, width: 124 },
  broker: { left: 709, width: 108 },
  host: { left: 909, width: 148 },
  phone: { left: 1_109, width: 104 },
};
type Column = keyof typeof COLUMNS;
export const WIDTH = 1_216;

/** The wall around a server, and the gateway in it. */
const WALL = { left: 470, right: 644, above: 46, below: 34 };
const GATEWAY = { width: 66, height: 26 };

/** A cross stands so far before what it keeps from being reached. */
const BEFORE = 42;

interface Node {
  readonly column: Column;
  readonly y: number;
  readonly name: Shown;
  readonly under: Shown;
  /** Nothing came through to it. */
  readonly never?: boolean;
  readonly title?: Shown;
}

/** A name that is too wide is cut at the edge: how wide it is, only the browser knows. */
export function node({ column, y, name, under, never = false, title }: Node): Html {
  const { left, width } = COLUMNS[column];
  const box = html`x="${left}" y="${y - HEIGHT / 2}" width="${width}" height="${HEIGHT}"`;
  return html`<g>${title && html`<title>${title}</title>`}
<rect ${box} rx="5" class="${never ? ours`node never` : ours`node`}"/>
<svg ${box}><text x="${width / 2}" y="20" class="name">${name}</text>
<text x="${width / 2}" y="37" class="under">${under}</text></svg></g>`;
}

/** The sandbox around a server, with its gateway; dotted and without one if there is no sandbox. */
export function wall(
  y: number,
  caption: Shown,
  { isolated, ended }: Pick<Server, 'isolated' | 'ended'>,
): Html {
  const [width, height] = [WALL.right - WALL.left, WALL.above + WALL.below];
  const top = px(y - WALL.above);
  const kind = isolated ? ours`box` : ours`box open`;
  const sign =
    ended !== undefined && html`<g transform="translate(${WALL.left} ${top})">${mark('failed')}</g>`;
  return html`<rect x="${WALL.left}" y="${top}" width="${width}" height="${height}" rx="8" class="${kind}"/>${sign}
<text x="${WALL.left + 14}" y="${px(y - HEIGHT / 2 - 8)}" class="caption">${caption}</text>${isolated && gateway(y)}`;
}

function gateway(y: number): Html {
  const { width, height } = GATEWAY;
  const [left, top] = [WALL.right - width / 2, y - height / 2];
  return html`<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="13" class="node gateway"/>
<text x="${WALL.right}" y="${y + 4}" class="under">gateway</text>`;
}

type End = readonly [column: Column, y: number];

/**
 * The way between two nodes: a line for what passed, and one that ends in a cross for what was stopped. `what` is what
 * passed, in a word: `calls`.
 */
export function way([from, fromY]: End, [to, toY]: End, counts: Counts, what?: Shown): Html {
  const { passed, stopped, failed, unknown } = counts;
  const start =
    from !== 'server'
      ? COLUMNS[from].left + COLUMNS[from].width
      : WALL.right + (to === 'broker' ? GATEWAY.width / 2 : 0);
  const end = to === 'server' ? WALL.left : COLUMNS[to].left;
  const through = passed + failed + unknown;
  const apart = through > 0 && stopped > 0 ? 16 : 0;
  const x = end - BEFORE;
  const noun = what?.endsWith('s') && through === 1 ? what.slice(0, -1) : what;
  const all = passed > 0 ? ours` of ${through}` : ours``;
  const bad = [
    ...(failed > 0 ? [ours`${failed}${all} failed`] : []),
    ...(unknown > 0 ? [ours`${unknown}${all} not known`] : []),
  ];
  const said = bad.length === 0 ? ours`${through} ${(noun ?? '') as Shown}` : joined(bad, ', ');
  const drawn = path([start, fromY], [end, toY - apart]);
  // Before the phone is no room for more than a word: above the boxes there is.
  const high = to === 'phone' && bad.length > 0 ? -HEIGHT / 2 - 7 : -7;
  const beside = toY - apart + (fromY < toY ? 14 : high);
  const count = html`<text x="${end - 5}" y="${beside}" class="count">${said}</text>`;
  const passing = html`<path d="${drawn}" class="${passed > 0 ? ours`edge passed` : ours`edge`}"/>
${through > 0 && what && count}`;
  if (stopped === 0) return html`<g>${passing}</g>`;
  const y = toY + apart;
  return html`<g>${through > 0 && passing}
<path d="${path([start, fromY + apart], [x, y])}" class="edge stopped"/>
<path d="${path([x, y], [end, y])}" class="edge beyond"/>
<g transform="translate(${x} ${y})">${mark('stopped')}</g>
<text x="${x}" y="${y + 26}" class="count stopped">${stopped} stopped</text></g>`;
}

const curve = line<[number, number]>().curve(curveBumpX);
const path = (...points: [number, number][]): Shown => shown(curve(points) ?? '', Number.POSITIVE_INFINITY);
