import { joined, ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Style, Theme } from '@spendwise/sandbox/theme';
import type { AlertEntry, AlertReport } from '../../alerts/alert-run.ts';
import { describeThreshold } from '../../alerts/thresholds.ts';
import { formatAmount } from '../../spending/money.ts';

const MAX_NAME = 60;

export interface TableOptions {
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly toSend?: readonly AlertEntry[] | undefined;
  /** The error that ended the run. It may have read no budget. */
  readonly error?: unknown;
}

/** One line for each alert: outcome, budget, threshold, reason. `quiet` leaves out skipped ones. */
export function alertTable(
  report: AlertReport,
  { dryRun, quiet, toSend = [], error }: TableOptions,
  theme: Theme,
): Shown[] {
  const rows: [Shown, Style, readonly AlertEntry[]][] = [
    [ours`sent`, theme.green, report.sent],
    [ours`FAILED`, theme.red, report.failed],
    [ours`UNKNOWN`, theme.alarm, report.unknown],
    [ours`UNDELIVERED`, theme.alarm, report.undelivered],
    [ours`skipped`, theme.dim, quiet ? [] : report.skipped],
    [ours`due`, theme.yellow, toSend],
  ];
  const cells = rows.flatMap(([word, paint, entries]) =>
    entries.map((entry) => ({ word, paint, entry, ...cellsOf(entry) })),
  );
  const width = (pick: (cell: (typeof cells)[number]) => string) =>
    Math.max(0, ...cells.map((cell) => pick(cell).length));
  const [words, names, amounts, thresholds] = [
    Math.max(
      7,
      width((c) => c.word),
    ),
    width((c) => c.name),
    width((c) => c.amounts),
    width((c) => c.threshold),
  ];
  const lines = cells.map(({ word, paint, name, amounts: figures, threshold, entry }) => {
    const what = ours`${padded(name, names)}  ${padded(figures, amounts)}  ${padded(threshold, thresholds)}`;
    const why = joined(
      [
        entry.ended && `told late, ${entry.ended.period} from ${entry.ended.periodStart}`,
        entry.sid,
        entry.reason,
      ].flatMap((part) => (part === undefined ? [] : shown(part))),
      '; ',
    );
    return ours`${paint(padded(word, words))}  ${what}  ${theme.dim(why)}`.trimEnd() as Shown;
  });
  if (lines.length === 0 && error !== undefined) return [];
  if (lines.length === 0 && !quiet) return [ours`No budget has reached a threshold.`];
  return dryRun && report.due.length > 0 ? [...lines, theme.dim(ours`Dry run: nothing was sent.`)] : lines;
}

function cellsOf({ category, currency, spentMinor, limitMinor, percent, threshold }: AlertEntry) {
  const share = percent === null ? ours`over` : ours`${percent}%`;
  return {
    name: shown(category, MAX_NAME),
    amounts: ours`${shown(currency)} ${shown(formatAmount(spentMinor, currency))}/${shown(formatAmount(limitMinor, currency))} (${share})`,
    threshold: shown(describeThreshold(threshold)),
  };
}
