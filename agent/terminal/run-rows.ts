import type { RunSummary } from '../runs/read.ts';
import { oneLine, shorten } from './one-line.ts';
import type { Theme } from './theme.ts';

const WIDTH = 100;
/** Before the prompt: id, local time, outcome, and what stands between. */
const BEFORE = 8 + 2 + 16 + 2 + 11 + 2;

/** Two lines a run: what was asked and what came of it; what it took. */
export function runRows(runs: readonly RunSummary[], theme: Theme, columns = WIDTH): string[] {
  return runs.flatMap((run) => {
    const paint = run.outcome === 'answered' ? theme.green : theme.yellow;
    const prompt = run.prompt === undefined ? '(its first line is damaged)' : oneLine(run.prompt);
    const outcome = paint(run.outcome.padEnd(11));
    const asked = shorten(prompt, Math.max(20, columns - BEFORE));
    return [
      `${theme.bold(run.id)}  ${localTime(run.time)}  ${outcome}  ${asked}`,
      theme.dim(`          ${facts(run).join(', ')}`),
    ];
  });
}

function facts({ model, calls, inputTokens, outputTokens, texts, damaged }: RunSummary): string[] {
  return [
    ...(model === undefined ? [] : [shorten(oneLine(model), 30)]),
    counted(calls, 'call'),
    `${grouped(inputTokens)} tokens in, ${grouped(outputTokens)} out`,
    `${counted(texts.sent, 'text')} sent`,
    ...(texts.unknown === 0 ? [] : [`${texts.unknown} that may have been`]),
    ...(damaged === 0 ? [] : [`${counted(damaged, 'line')} damaged`]),
  ];
}

function localTime(time: string | undefined): string {
  if (time === undefined) return '(no time)       ';
  const at = Temporal.Instant.from(time).toZonedDateTimeISO(Temporal.Now.timeZoneId());
  return `${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: 'minute' })}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const grouped = (count: number): string => count.toLocaleString('en-US');
