import type { Busy } from '../foundation/busy.ts';
import { joined, ours, type Shown, shown } from '../foundation/shown/shown.ts';
import { cut, widthOf } from '../foundation/shown/wrapped.ts';
import { err, type Screen } from './screen.ts';
import { type Theme, themeFor } from './theme.ts';

const AFTER_MS = 1_000;
const EVERY_MS = 100;
const MOST = 200;

/** Says what goes on until the returned function is called. `detail` is how far it is now. */
export type Begin = (what: Shown, detail?: () => Shown) => () => void;

interface Work {
  readonly what: Shown;
  readonly detail: (() => Shown) | undefined;
  ms: number;
  told: boolean;
}

/**
 * What takes longer than a second is shown: on a terminal in a line at the bottom that says for how long, and goes away;
 * where nothing may be animated, in one line. The time that a person takes for an answer does not count. It does not
 * keep the process alive.
 */
export function workingOn(
  screen: Screen,
  theme: Theme,
  say = (line: Shown) => screen.line(theme.dim(line)),
): Begin {
  const works = new Set<Work>();
  let timer: NodeJS.Timeout | undefined;
  let before = 0;
  let frame = 0;
  const look = () => {
    const now = performance.now();
    const passed = screen.asking ? 0 : now - before;
    before = now;
    for (const work of works) work.ms += passed;
    const long = [...works].filter(({ ms }) => ms >= AFTER_MS);
    if (long.length === 0 || screen.asking) return;
    if (theme.animated) {
      frame += 1;
      screen.progress(theme.dim(statusLine(long, frame, theme.unicode, screen.columns || 80)));
    } else {
      for (const work of long.filter(({ told }) => !told)) {
        work.told = true;
        say(work.what);
      }
    }
  };
  return (what, detail) => {
    const work = { what, detail, ms: 0, told: false };
    if (works.size === 0) {
      before = performance.now();
      timer = setInterval(look, EVERY_MS).unref();
    }
    works.add(work);
    return () => {
      if (!works.delete(work)) return;
      if (works.size === 0) clearInterval(timer);
      // What else goes on is drawn again.
      screen.progress(ours``);
    };
  };
}

/** On stderr, where messages go. */
export const begin: Begin = workingOn(err, themeFor(process.stderr));

export async function working<T>(what: Shown, promise: Promise<T>, started = begin): Promise<T> {
  const end = started(what);
  try {
    return await promise;
  } finally {
    end();
  }
}

/** For those who do not know the screen. Made safe here. */
export const busyWith =
  (started: Begin): Busy =>
  (what, until) => {
    const end = started(shown(what, MOST));
    until.then(end, end);
  };

const DOTS = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'] as Shown[];
const STROKES = [...'|/-\\'] as Shown[];

/** In one line of the window. Two that are the same are said once, with the time of the older. */
function statusLine(works: readonly Work[], frame: number, unicode: boolean, columns: number): Shown {
  const frames = unicode ? DOTS : STROKES;
  const texts = works.map(({ what, detail }) => (detail === undefined ? what : ours`${what}: ${detail()}`));
  const head = ours`${frames[frame % frames.length] ?? ours``} `;
  const tail = ours`, ${lasting(Math.max(...works.map(({ ms }) => ms)))}`;
  const room = columns - 1 - widthOf(head) - widthOf(tail);
  const said = cut(joined([...new Set(texts)], ', '), Math.max(1, room));
  return cut(ours`${head}${said}${tail}`, columns - 1);
}

function lasting(ms: number): Shown {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? ours`${seconds} s` : ours`${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
