import type { LaneId, Moment, Story } from './story.ts';

/** Where everything of a timeline stands, in pixels. Time runs to the right. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Placed[];
  /** Places of the axis whose time is written, in milliseconds after the first moment. */
  readonly ticks: readonly { readonly x: number; readonly ms: number }[];
  /** Where nothing happened for long: the axis is cut there. */
  readonly breaks: readonly { readonly x: number; readonly ms: number }[];
}

export interface Placed {
  readonly moment: Moment;
  readonly x: number;
  readonly y: number;
  /** Where its bar ends. */
  readonly end: number | undefined;
  /** Others of its lane happen during it. */
  readonly holdsOthers: boolean;
  readonly label: boolean;
  /** How many equal ones stand here; the moment is the first of them. */
  readonly count: number;
}

export const AXIS = 30;
export const LANE = 66;
/** A mark and the room around it that a finger needs. */
const MARK = 26;
/** Of more, those that would touch become one mark, which leads to the first: the list beside them has each. */
const DENSE = { from: 1_000, room: 6_000 };
const ROOM = 200;
const TICKS_APART = 84;
const CHARACTER = 6.4;
export const LABEL_CHARACTERS = 26;

export function layOut({ moments, lanes }: Story): Layout {
  const heights = new Map(lanes.map(({ id }, at) => [id, AXIS + at * LANE + LANE / 2]));
  const { xs, xOf, ticks, breaks } = along(moments);
  const nextInLane = nextOf(moments);
  const holdsOthers = moments.map(({ to = 0 }, at) => (nextInLane[at] ?? Number.POSITIVE_INFINITY) < to);
  const labels = labelled(moments, xs, holdsOthers);
  const marks = moments.map(
    (moment, at): Placed => ({
      moment,
      x: xs[at] ?? 0,
      y: heights.get(moment.lane) ?? 0,
      end: moment.to === undefined ? undefined : xOf.get(moment.to),
      holdsOthers: holdsOthers[at] ?? false,
      label: labels.has(at),
      count: moment.times ?? 1,
    }),
  );
  return {
    width: marks.reduce((most, one) => Math.max(most, rightOf(one)), 0) + MARK / 2,
    height: AXIS + lanes.length * LANE,
    marks: moments.length > DENSE.from ? merged(marks) : marks,
    ticks,
    breaks,
  };
}

/**
 * The place of each moment, and of each time at which one begins or ends. Marks of a lane never cover each other, and long
 * silence is cut short.
 */
function along(moments: readonly Moment[]) {
  const first = moments[0]?.from ?? 0;
  const instants = moments
    .flatMap((moment, at) => [
      { time: moment.from, at },
      ...(moment.to === undefined ? [] : [{ time: moment.to, at: -1 }]),
    ])
    .sort((a, b) => a.time - b.time);
  const pauses = instants.map(({ time }, at) => time - (instants[at - 1]?.time ?? time));
  const total = pauses.reduce((sum, pause) => sum + pause, 0);
  const most = Math.max(50, total / 12);
  const dense = moments.length > DENSE.from;
  const perMs =
    (dense ? DENSE.room : ROOM) /
    Math.max(
      1,
      pauses.reduce((sum, pause) => sum + Math.min(pause, most), 0),
    );

  const mark = dense ? 0 : MARK;
  const graves = moments.filter(isGrave).length;
  const xs: number[] = [];
  const xOf = new Map<number, number>();
  const ticks: { x: number; ms: number }[] = [];
  const breaks: { x: number; ms: number }[] = [];
  const free = new Map<LaneId, number>();
  let x = MARK;
  for (const [index, { time, at }] of instants.entries()) {
    const pause = pauses[index] ?? 0;
    const before = x;
    x += Math.min(pause, most) * perMs;
    const moment = moments[at];
    if (moment) {
      x = Math.max(x, free.get(moment.lane) ?? 0);
      free.set(moment.lane, x + (graves <= FEW && isGrave(moment) ? labelWidth(moment) : mark));
      xs[at] = x;
    }
    if (pause > most) breaks.push({ x: (before + x) / 2, ms: pause });
    const [ms, last] = [time - first, ticks.at(-1)];
    if (last === undefined || (x - last.x >= TICKS_APART && ms !== last.ms)) ticks.push({ x, ms });
    xOf.set(time, x);
  }
  return { xs, xOf, ticks, breaks };
}

/** What went wrong has its title beside it, if that is not much. */
const FEW = 20;
const isGrave = ({ verdict }: Moment): boolean => !['plain', 'passed', 'asked'].includes(verdict);
const labelWidth = ({ title, times }: Moment): number =>
  (Math.min(title.length, LABEL_CHARACTERS) + (times === undefined ? 0 : 3)) * CHARACTER + 12;

const rightOf = ({ x, end = x, label, moment }: Placed): number =>
  Math.max(end, x + (label ? labelWidth(moment) : 0));

/** The marks whose titles have room: first of what went wrong, then of the others. */
function labelled(
  moments: readonly Moment[],
  xs: readonly number[],
  holdsOthers: readonly boolean[],
): Set<number> {
  const chosen = new Set<number>();
  const taken = new Map<LaneId, { from: number; to: number }[]>();
  for (const wanted of [true, false])
    for (const [at, moment] of moments.entries()) {
      if (isGrave(moment) !== wanted || holdsOthers[at]) continue;
      const { lane } = moment;
      const from = (xs[at] ?? 0) - 12;
      const to = from + labelWidth(moment);
      const others = taken.get(lane) ?? [];
      if (others.length > 200 || others.some((other) => from < other.to && to > other.from)) continue;
      taken.set(lane, [...others, { from, to }]);
      chosen.add(at);
    }
  return chosen;
}

/** Marks of one lane and verdict that would touch, as one. */
function merged(marks: readonly Placed[]): Placed[] {
  const groups: { first: Placed; count: number; end: number }[] = [];
  const open = new Map<string, (typeof groups)[number]>();
  for (const placed of marks) {
    const key = `${placed.moment.lane} ${placed.moment.verdict}`;
    const group = open.get(key);
    if (group && placed.x - group.first.x < MARK) {
      group.count += placed.count;
      group.end = Math.max(group.end, placed.end ?? 0);
    } else {
      const begun = { first: placed, count: placed.count, end: placed.end ?? 0 };
      open.set(key, begun);
      groups.push(begun);
    }
  }
  return groups.map(({ first, count, end }) => ({ ...first, count, end: end > first.x ? end : undefined }));
}

/** When the next one of the same lane begins. */
function nextOf(moments: readonly Moment[]): (number | undefined)[] {
  const begins = new Map<LaneId, number>();
  const next: (number | undefined)[] = [];
  for (let at = moments.length - 1; at >= 0; at -= 1) {
    const { lane, from } = moments[at] as Moment;
    next[at] = begins.get(lane);
    begins.set(lane, from);
  }
  return next;
}
