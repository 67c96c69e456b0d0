import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { narrator } from '../../../../agent/cli/terminal/narrator.ts';
import { ours, type Shown, shown } from '../../../../agent/sandbox/foundation/shown/shown.ts';
import { widthOf } from '../../../../agent/sandbox/foundation/shown/wrapped.ts';
import { screenOn } from '../../../../agent/sandbox/terminal/screen.ts';
import type { Theme } from '../../../../agent/sandbox/terminal/theme.ts';
import { busyWith, working, workingOn } from '../../../../agent/sandbox/terminal/working.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../../support/hostile-text.ts';
import { cases } from '../../../support/in-full.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const same = (text: Shown) => text;
const themed = (animated: boolean) => ({ dim: same, unicode: true, animated }) as Theme;

/** A terminal, and all that was written to it. */
function terminal({ columns = 50, animated = true, isTTY = true } = {}) {
  const written: string[] = [];
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  const screen = screenOn(stream as unknown as NodeJS.WritableStream);
  const begin = workingOn(screen, themed(animated));
  return { screen, begin, written, seen: () => visible(written.join('')) };
}

/** What stands on the terminal: a line that was wiped does not. */
const visible = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.split('\r\x1b[K').at(-1))
    .join('\n');

test('after a second a line says what goes on and for how long, and goes away with it', () => {
  const { begin, seen, written } = terminal();
  const end = begin(ours`building the images`);
  vi.advanceTimersByTime(900);
  expect(written).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(seen()).toMatch(/^[⠀-⣿] building the images, 1 s$/);
  vi.advanceTimersByTime(11_000);
  expect(seen()).toMatch(/building the images, 12 s$/);
  vi.advanceTimersByTime(110_000);
  expect(seen()).toMatch(/building the images, 2 min 2 s$/);
  end();
  expect(seen()).toBe('');
  vi.advanceTimersByTime(5_000);
  expect(seen()).toBe('');
});

test('it is gone before another line comes, and comes again below it', () => {
  const { begin, screen, seen } = terminal();
  const end = begin(ours`starting sms`);
  vi.advanceTimersByTime(1_500);
  screen.line(ours`hello`);
  expect(seen()).toBe('hello\n');
  vi.advanceTimersByTime(100);
  expect(seen()).toMatch(/^hello\n. starting sms, 1 s$/);
  // Another screen on the same terminal, as stdout is beside stderr.
  const other = terminal();
  other.screen.line(ours`data`);
  expect(seen()).toBe('hello\n');
  end();
});

test('it is never drawn into a line that has no end yet', () => {
  const { begin, screen, seen } = terminal();
  const end = begin(ours`waiting for the model`);
  screen.write(ours`The answer`);
  vi.advanceTimersByTime(3_000);
  expect(seen()).toBe('The answer');
  screen.write(ours` is 42.\n`);
  vi.advanceTimersByTime(100);
  expect(seen()).toMatch(/^The answer is 42\.\n. waiting/);
  end();
});

test('nothing is drawn while a question is open, and the time for its answer does not count', async () => {
  const { begin, screen, seen } = terminal();
  const end = begin(ours`sending`);
  vi.advanceTimersByTime(2_000);
  await screen.question(async () => {
    expect(seen()).toBe('');
    vi.advanceTimersByTime(60_000);
    expect(seen()).toBe('');
  });
  vi.advanceTimersByTime(1_000);
  expect(seen()).toMatch(/sending, 3 s$/);
  end();
});

test('several at once share the line; the same is said once; each leaves by itself', () => {
  const { begin, seen } = terminal({ columns: 80 });
  const ends = ['starting sms', 'starting spending', 'starting sms'].map((what) =>
    begin(what as Shown, what.endsWith('g') ? () => ours`50%` : undefined),
  );
  vi.advanceTimersByTime(1_200);
  expect(seen()).toMatch(/^. starting sms, starting spending: 50%, 1 s$/);
  ends[1]?.();
  ends[1]?.();
  vi.advanceTimersByTime(100);
  expect(seen()).toMatch(/^. starting sms, 1 s$/);
  for (const end of ends) end();
  expect(seen()).toBe('');
});

test.each([12, 20, 50])('in a window of %i columns it takes one line, and the time is not cut', (columns) => {
  const { begin, seen } = terminal({ columns });
  const end = begin(ours`pulling registry.example/银行/a-long-name@sha256:0123456789 (once)`);
  vi.advanceTimersByTime(1_500);
  expect(widthOf(seen())).toBeLessThan(columns);
  expect(seen()).toMatch(/…, 1 s$/);
  end();
});

test.each([
  ['without animation', { animated: false }],
  ['off a terminal', { animated: false, isTTY: false }],
])('%s it is one line, once, without a symbol or a carriage return', (_, how) => {
  const { begin, written } = terminal(how);
  const ends = [begin(ours`starting sms`), begin(ours`starting spending`)];
  vi.advanceTimersByTime(90_000);
  for (const end of ends) end();
  begin(ours`short`)();
  expect(written).toEqual(['starting sms\n', 'starting spending\n']);
});

test('an error passes, and its line is not hidden', async () => {
  const { begin, screen, seen } = terminal();
  const failing = new Promise((_, reject) => setTimeout(() => reject(new Error('no engine')), 20));
  const ran = working(ours`asking Docker`, failing, begin);
  vi.advanceTimersByTime(2_000);
  expect(seen()).toMatch(/asking Docker, 2 s$/);
  await expect(ran).rejects.toThrow('no engine');
  screen.line(ours`error: no engine`);
  vi.advanceTimersByTime(2_000);
  expect(seen()).toBe('error: no engine\n');
});

test('names of others are made safe, and a promise that fails ends it', async () => {
  const { begin, seen } = terminal();
  const until = Promise.reject(new Error('gone'));
  busyWith(begin)('starting \u001b[2Jx\u202e\nerror: y', until);
  vi.advanceTimersByTime(1_200);
  expect(seen()).toMatch(/^. starting x\\u\{202e\} error: y, 1 s$/);
  await until.catch(() => {});
  expect(seen()).toBe('');
});

test('whatever a name holds and however narrow the window, it is one line that goes away', () => {
  const name = fc.array(
    fc.oneof(hostileText, fc.constantFrom('世界', '👩‍👩‍👧', '❤️', '\u0e33', ' '.repeat(90))),
  );
  fc.assert(
    fc.property(
      name,
      name,
      fc.integer({ min: 8, max: 120 }),
      fc.constantFrom(0, 9_000),
      (one, other, columns, later) => {
        const { begin, written, seen } = terminal({ columns });
        const end = begin(ours`waiting for ${shown(one.join(''), 200)}`, () => shown(other.join(''), 200));
        vi.advanceTimersByTime(1_100 + later);
        const line = seen();
        expect(line).not.toMatch(OBEYED_OR_HIDDEN);
        expect(line).not.toContain('\n');
        expect(widthOf(line as Shown)).toBeLessThan(columns);
        end();
        expect(seen()).toBe('');
        expect(written.join('')).not.toContain('\n');
      },
    ),
    { numRuns: cases(500) },
  );
});

test('it does not keep the process', () => {
  vi.useRealTimers();
  const before = process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
  const end = terminal().begin(ours`x`);
  expect(process.getActiveResourcesInfo().filter((what) => what === 'Timeout')).toHaveLength(before);
  end();
});

test('a run says what it waits for: the model, or a tool; and nothing once it is over', () => {
  const { screen } = terminal();
  const seen: string[] = [];
  const begin = (what: Shown) => {
    seen.push(`+ ${what}`);
    return () => void seen.push(`- ${what}`);
  };
  const tell = narrator({
    words: screen,
    steps: screen,
    theme: { ...themed(true), cyan: same, red: same },
    begin,
  });
  const call = { callId: 'c', name: 'sms__send_sms', arguments: '{}' };
  tell({ type: 'text', delta: 'I will' });
  tell({ type: 'call', call });
  tell({ type: 'outcome', call, outcome: { kind: 'invalid', reason: 'x' } as never });
  tell({ type: 'end' });
  expect(seen.filter((line, at) => line !== seen[at - 1])).toEqual([
    ...['+ waiting for the model', '- waiting for the model'],
    ...['+ waiting for sms__send_sms', '- waiting for sms__send_sms'],
    ...['+ waiting for the model', '- waiting for the model'],
  ]);
});
