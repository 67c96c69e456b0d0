import { ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { Style, Theme } from '@spendwise/sandbox/theme';
import type { AlertEntry, AlertReport } from '../../alerts/alert-run.ts';
import { describeThreshold } from '../../alerts/thresholds.ts';
import { formatAmount } from '../../spending/money.ts';
import { withFacts } from './packed.ts';
import { table } from './table.ts';

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
  window?: number,
): Shown[] {
  const rows: [Shown, Style, readonly AlertEntry[]][] = [
    [ours`sent`, theme.green, report.sent],
    [ours`FAILED`, theme.red, report.failed],
    [ours`UNKNOWN`, theme.alarm, report.unknown],
    [ours`UNDELIVERED`, theme.alarm, report.undelivered],
    [ours`skipped`, theme.dim, quiet ? [] : report.skipped],
    [ours`due`, theme.yellow, toSend],
  ];
  const entries = rows.flatMap(([word, paint, all]) => all.map((entry) => ({ word, paint, entry })));
  const lines = withFacts(
    table(
      [COLUMN, { ...COLUMN, least: 8 }, COLUMN, COLUMN],
      entries.map(({ word, paint, entry }) => [{ text: padded(word, 7), paint }, ...cellsOf(entry, theme)]),
      theme,
      window,
    ),
    entries.map(({ entry }) => factsOf(entry)),
    theme,
    window,
  );
  if (lines.length === 0 && error !== undefined) return [];
  if (lines.length === 0 && !quiet) return [ours`No budget has reached a threshold.`];
  return dryRun && report.due.length > 0 ? [...lines, theme.dim(ours`Dry run: nothing was sent.`)] : lines;
}

const COLUMN = { title: ours`` };

function cellsOf(
  { category, currency, spentMinor, limitMinor, percent, threshold }: AlertEntry,
  { plain }: Theme,
): Shown[] {
  const [of, before, unit, after] = plain
    ? [ours` of `, ours`, `, ours` percent`, ours``]
    : [ours`/`, ours` (`, ours`%`, ours`)`];
  const share = percent === null ? ours`over` : ours`${percent}${unit}`;
  return [
    shown(category, MAX_NAME),
    ours`${shown(currency)} ${shown(formatAmount(spentMinor, currency))}${of}${shown(formatAmount(limitMinor, currency))}${before}${share}${after}`,
    shown(describeThreshold(threshold).replace('%', unit)),
  ];
}

const factsOf = ({ ended, sid, reason }: AlertEntry): Shown[] =>
  [ended && `told late, ${ended.period} from ${ended.periodStart}`, sid, reason].flatMap((fact) =>
    fact === undefined ? [] : shown(fact),
  );
