import type { Screen } from '@spendwise/sandbox/screen';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';

/** Shorter work needs no bar. */
const AFTER_MS = 1_000;
const EVERY_MS = 100;
const WIDTH = 20;

/** How far the reading of a file is, on a terminal. */
export function progressOf(screen: Screen, { unicode }: Theme, file: string) {
  const [full, empty] = unicode ? ['█', '░'] : ['#', '.'];
  let next = performance.now() + AFTER_MS;
  let drawn = false;
  return {
    at(done: number, size: number): void {
      const now = performance.now();
      if (!screen.isTerminal || now < next) return;
      next = now + EVERY_MS;
      drawn = true;
      const part = Math.floor((done / size) * WIDTH);
      const bar = (full.repeat(part) + empty.repeat(WIDTH - part)) as Shown;
      screen.progress(ours`${shown(file, 20)} ${bar} ${Math.floor((done / size) * 100)}%`);
    },
    end(): void {
      if (drawn) screen.progress(ours``);
    },
  };
}
