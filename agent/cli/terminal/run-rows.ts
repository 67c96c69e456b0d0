import { counted, grouped, joined, ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Theme } from '@spendwise/sandbox/theme';
import type { RecentRun } from '../commands/runs/recent.ts';
import { packed } from './packed.ts';

const WIDTH = 100;
/** The width before the prompt: id, local time, outcome, spaces. */
const BEFORE = 8 + 2 + 16 + 2 + 11 + 2;
/** With less room beside all that, the prompt has a line of its own. */
const SHORTEST = 20;
const DAMAGED = '(its first line is damaged)';
const MARGIN = ours`          `;

export function runRows(runs: readonly RecentRun[], theme: Theme, window = WIDTH): Shown[] {
  return runs.flatMap((run) => {
    if (theme.plain)
      return joined(
        [shown(run.id), localTime(run.time), shown(run.outcome), ...facts(run), shown(run.prompt ?? DAMAGED)],
        ', ',
      );
    const paint = run.outcome === 'answered' ? theme.green : theme.yellow;
    const prompt = run.prompt ?? DAMAGED;
    const outcome = paint(padded(shown(run.outcome), 11));
    const first = ours`${theme.bold(shown(run.id))}  ${localTime(run.time)}  ${outcome}`;
    const beside = window - 1 - BEFORE;
    return [
      ...(beside < SHORTEST
        ? [
            first.trimEnd() as Shown,
            ours`${MARGIN}${shown(prompt, Math.max(SHORTEST, window - 1 - MARGIN.length))}`,
          ]
        : [ours`${first}  ${shown(prompt, beside)}`]),
      ...packed(facts(run), MARGIN, window).map(theme.dim),
    ];
  });
}

/** Nothing if there are none. */
export const mayHaveGoneOut = (texts: number): Shown[] =>
  texts === 0 ? [] : [ours`${counted(texts, 'text')} may have gone out`];

function facts({ model, calls, inputTokens, outputTokens, texts, damaged }: RecentRun): Shown[] {
  return [
    ...(model === undefined ? [] : [shown(model, 30)]),
    counted(calls, 'call'),
    ours`${counted(inputTokens, 'token')} in, ${grouped(outputTokens)} out`,
    ours`${counted(texts.sent, 'text')} sent`,
    ...mayHaveGoneOut(texts.unknown),
    ...(damaged === 0 ? [] : [ours`${counted(damaged, 'line')} damaged`]),
  ];
}

function localTime(time: string | undefined): Shown {
  if (time === undefined) return ours`(no time)       `;
  const at = Temporal.Instant.from(time).toZonedDateTimeISO(Temporal.Now.timeZoneId());
  return shown(`${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: 'minute' })}`);
}
