import type { DrillReport, Outcome } from '../sandbox/drill/drill.ts';
import type { Theme } from './theme.ts';

/** One line an attempt, under its class: the mark, the attempt, what happened; and the counts at the end. */
export function drillTable(report: DrillReport, theme: Theme, columns: number): string[] {
  const { attempts, runtime, held, escaped, notRun } = report;
  const names = [...new Set(attempts.map((outcome) => outcome.class))];
  const lines = names.flatMap((name) => {
    const own = attempts.filter((outcome) => outcome.class === name);
    const count = (test: (outcome: Outcome) => boolean) => own.filter(test).length;
    const tried = count(({ run }) => run);
    const escapes = tried - count((outcome) => outcome.held);
    const left = own.length - tried;
    const summary = [
      `${tried - escapes} of ${own.length} held`,
      ...(escapes > 0 ? [`${escapes} escaped`] : []),
      ...(left > 0 ? [`${left} not run`] : []),
    ].join(', ');
    const paint = escapes > 0 ? theme.red : left > 0 ? theme.yellow : theme.green;
    return [
      '',
      `${theme.bold(name)}  ${paint(summary)}`,
      ...own.map((outcome) => row(outcome, theme, columns)),
    ];
  });
  const total = `${attempts.length} attempts on ${runtime}: ${held} held, ${escaped} escaped, ${notRun} not run`;
  const paint = escaped > 0 ? theme.alarm : notRun > 0 ? theme.yellow : theme.green;
  return [...lines.slice(1), '', paint(total)];
}

const ATTEMPT = 58;

function row({ attempt, observed, held, run }: Outcome, theme: Theme, columns: number): string {
  const [word, paint] = !run
    ? ['not run', theme.yellow]
    : held
      ? ['held', theme.green]
      : ['ESCAPED', theme.red];
  const room = Math.max(20, columns - ATTEMPT - 14);
  const end = theme.unicode ? '…' : '...';
  const seen = observed || 'nothing';
  const shown = seen.length > room ? `${seen.slice(0, room - end.length)}${end}` : seen;
  return `  ${paint(word.padEnd(7))}  ${attempt.padEnd(ATTEMPT)}  ${theme.dim(shown)}`;
}
