import type { DrillReport, Outcome } from '../drill/drill.ts';
import { joined, ours, padded, type Shown, shown } from '../foundation/shown/shown.ts';
import type { Theme } from '../terminal/theme.ts';

/** One line for each attempt, grouped by class, with counts at the end. */
export function drillTable(report: DrillReport, theme: Theme, columns: number): Shown[] {
  const { attempts, runtime, held, escaped, notRun } = report;
  const names = [...new Set(attempts.map((outcome) => outcome.class))];
  const lines = names.flatMap((name) => {
    const own = attempts.filter((outcome) => outcome.class === name);
    const count = (test: (outcome: Outcome) => boolean) => own.filter(test).length;
    const tried = count(({ run }) => run);
    const escapes = tried - count((outcome) => outcome.held);
    const left = own.length - tried;
    const summary = joined(
      [
        ours`${tried - escapes} of ${own.length} held`,
        ...(escapes > 0 ? [ours`${escapes} escaped`] : []),
        ...(left > 0 ? [ours`${left} not run`] : []),
      ],
      ', ',
    );
    const paint = escapes > 0 ? theme.red : left > 0 ? theme.yellow : theme.green;
    return [
      ours``,
      ours`${theme.bold(shown(name))}  ${paint(summary)}`,
      ...own.flatMap((outcome) => row(outcome, theme, columns)),
    ];
  });
  const total = ours`${attempts.length} attempts on ${shown(runtime)}: ${held} held, ${escaped} escaped, ${notRun} not run`;
  const paint = escaped > 0 ? theme.alarm : notRun > 0 ? theme.yellow : theme.green;
  return [...lines.slice(1), ours``, paint(total)];
}

const ATTEMPT = 58;
/** With less room beside the attempt, what was seen has a line of its own. */
const SHORTEST = 20;

function row({ attempt, observed, held, run }: Outcome, theme: Theme, columns: number): Shown[] {
  const [word, paint] = !run
    ? [ours`not run`, theme.yellow]
    : held
      ? [ours`held`, theme.green]
      : [ours`ESCAPED`, theme.red];
  const whole = shown(observed || 'nothing', 200);
  if (theme.plain) return [ours`  ${word}: ${shown(attempt)}: ${whole}`];
  const first = ours`  ${paint(padded(word, 7))}  `;
  const room = columns - ATTEMPT - 14;
  if (room < SHORTEST) return [ours`${first}${shown(attempt)}`, ours`    ${theme.dim(whole)}`];
  const seen = shown(observed || 'nothing', room);
  return [ours`${first}${padded(shown(attempt), ATTEMPT)}  ${theme.dim(seen)}`];
}
