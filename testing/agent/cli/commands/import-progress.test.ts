import type { Screen } from '@spendwise/sandbox/screen';
import type { Theme } from '@spendwise/sandbox/theme';
import { expect, test, vi } from 'vitest';
import { progressOf } from '../../../../agent/cli/commands/import/progress.ts';

test.each([
  [true, ['bank.csv █████░░░░░░░░░░░░░░░ 25%', '']],
  [false, []],
])('a bar after a second, on a terminal (%s) alone', (isTerminal, expected) => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const drawn: string[] = [];
    const screen = { isTerminal, progress: (text: string) => drawn.push(text) } as unknown as Screen;
    const progress = progressOf(screen, { unicode: true } as Theme, 'bank.csv');
    progress.at(1, 100);
    vi.advanceTimersByTime(1_100);
    progress.at(25, 100);
    progress.at(26, 100);
    progress.end();
    expect(drawn).toEqual(expected);
  } finally {
    vi.useRealTimers();
  }
});
