import type { Screen } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';

/** Shorter work needs no bar. */
const AFTER_MS = 1_000;
const EVERY_MS = 100;

/** How far the reading of a file is, on a terminal. */
export function progressOf(screen: Screen, file: string) {
  let next = performance.now() + AFTER_MS;
  let drawn = false;
  return {
    at(done: number, size: number): void {
      const now = performance.now();
      if (!screen.isTerminal || now < next) return;
      next = now + EVERY_MS;
      drawn = true;
      const percent = size === 0 ? 100 : Math.floor((done / size) * 100);
      screen.progress(ours`${shown(file, 30)}: ${percent}%`);
    },
    end(): void {
      if (drawn) screen.progress(ours``);
    },
  };
}
