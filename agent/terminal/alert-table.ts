import type { AlertEntry, AlertReport } from '../alerts/alert-run.ts';
import { describeThreshold } from '../alerts/thresholds.ts';
import { plainText } from '../plain-text.ts';
import { formatAmount } from '../spending/money.ts';
import type { Theme } from './theme.ts';

export interface TableOptions {
  readonly dryRun: boolean;
  readonly quiet: boolean;
  /** Of a dry run: what a run now would send. */
  readonly toSend?: readonly AlertEntry[] | undefined;
  /** What broke the run off: it may not have looked at any budget. */
  readonly error?: unknown;
}

/** One line an alert: what became of it, the budget, the threshold, and why. `quiet`: nothing of what was left alone. */
export function alertTable(
  report: AlertReport,
  { dryRun, quiet, toSend = [], error }: TableOptions,
  theme: Theme,
): string[] {
  const rows: [string, (text: string) => string, readonly AlertEntry[]][] = [
    ['sent', theme.green, report.sent],
    ['FAILED', theme.red, report.failed],
    ['UNKNOWN', theme.alarm, report.unknown],
    ['skipped', theme.dim, quiet ? [] : report.skipped],
    ['due', theme.yellow, toSend],
  ];
  const cells = rows.flatMap(([word, paint, entries]) =>
    entries.map((entry) => ({ word, paint, entry, ...shown(entry) })),
  );
  const width = (pick: (cell: (typeof cells)[number]) => string) =>
    Math.max(0, ...cells.map((cell) => pick(cell).length));
  const [names, amounts, thresholds] = [
    width((c) => c.name),
    width((c) => c.amounts),
    width((c) => c.threshold),
  ];
  const lines = cells.map(({ word, paint, name, amounts: figures, threshold, entry }) => {
    const what = `${name.padEnd(names)}  ${figures.padEnd(amounts)}  ${threshold.padEnd(thresholds)}`;
    const why = [entry.sid, entry.reason].filter((part) => part !== undefined).join('; ');
    return `${paint(word.padEnd(7))}  ${what}  ${theme.dim(plainText(why).replaceAll('\n', ' '))}`.trimEnd();
  });
  if (lines.length === 0 && error !== undefined) return [];
  if (lines.length === 0 && !quiet) return ['No budget has reached a threshold.'];
  return dryRun && report.due.length > 0 ? [...lines, theme.dim('Dry run: nothing was sent.')] : lines;
}

function shown({ category, currency, spentMinor, limitMinor, percent, threshold }: AlertEntry) {
  const share = percent === null ? 'over' : `${percent}%`;
  return {
    name: plainText(category).replaceAll('\n', ' '),
    amounts: `${currency} ${formatAmount(spentMinor, currency)}/${formatAmount(limitMinor, currency)} (${share})`,
    threshold: describeThreshold(threshold),
  };
}
