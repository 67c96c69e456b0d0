import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { BadRows, Outcome } from '../../../spending/import/import-file.ts';
import type { CurrencyTotal } from '../../../spending/import/open-import.ts';
import type { Recognized } from '../../../spending/import/recognize.ts';
import type { StatementEntry } from '../../../spending/import/statement.ts';
import { formatMoney } from '../../../spending/money.ts';

/** How a file was understood, and its first rows. */
export function previewLines(
  file: string,
  { format, aspects, builtIn }: Recognized,
  first: readonly StatementEntry[],
): Shown[] {
  const about = [format, ...(builtIn === undefined ? [] : [`profile ${builtIn}`])].join(', ');
  const said = aspects.filter(
    ({ name, value, certain }) => name !== 'encoding' || value !== 'utf-8' || !certain,
  );
  return [
    ours`${shown(file, 60)}: ${shown(about)}`,
    ...said.map(
      ({ name, value, certain }) =>
        ours`  ${shown(name)}: ${shown(value === '\t' ? 'tab' : value)}${certain ? ours`` : ours` ?`}`,
    ),
    ...first.map(({ date, amountMinor, currency = '', merchant, description }) => {
      const amount = formatMoney(amountMinor, currency).trim();
      return ours`  ${shown(date)}  ${shown(amount)}  ${shown(merchant || description, 60)}`;
    }),
  ];
}

export const badLines = (file: string, { total, rows }: BadRows): Shown[] => [
  ...rows.map(({ line, reason }) => ours`${shown(file, 60)}: line ${line}: ${shown(reason, 200)}`),
  ...(total > rows.length ? [ours`… and ${total - rows.length} more`] : []),
];

/** A file that was imported, for scripts. */
export function reportOf(file: string, { format }: Recognized, outcome: Outcome & { ok: true }) {
  const { accounts, from, to, totals, ...counts } = outcome.imported;
  return {
    file,
    ok: true as const,
    format,
    ...counts,
    accounts: accounts.map(({ name, isNew, other }) => ({ name, new: isNew, ...(other && { other }) })),
    badRows: outcome.bad,
    period: from === undefined || to === undefined ? null : { from, to },
    totals,
  };
}

export type Report = ReturnType<typeof reportOf>;
const COUNTS = ['added', 'known', 'updated', 'posted', 'suspected', 'gone'] as const;

export const sumOf = (reports: readonly Report[]): Record<(typeof COUNTS)[number], number> =>
  Object.fromEntries(
    COUNTS.map((name) => [name, reports.reduce((sum, report) => sum + report[name], 0)]),
  ) as Record<(typeof COUNTS)[number], number>;

export function outcomeLines(report: Report, dryRun: boolean): Shown[] {
  const { file, id, accounts, period, totals, badRows } = report;
  const words: readonly [number, string][] = [
    [report.added, 'added'],
    [report.known, 'known already'],
    [report.updated, 'corrected by the bank'],
    [report.posted, 'no longer pending'],
    [badRows.total, 'left out'],
  ];
  const counts = words.filter(([count, word]) => count > 0 || word === 'added');
  const where = accounts
    .map(
      ({ name, new: isNew, other }) =>
        `${name}${isNew ? ' (new)' : ''}${other ? `; the file says ${other}` : ''}`,
    )
    .join(', ');
  return [
    ours`${dryRun ? ours`Would import` : ours`Import ${id}:`} ${shown(file, 60)}`,
    ours`  ${shown(counts.map(([count, word]) => `${count} ${word}`).join(', '))}`,
    ...(where === '' ? [] : [ours`  account: ${shown(where, 200)}`]),
    ...(period === null ? [] : [ours`  ${shown(period.from)} to ${shown(period.to)}`]),
    ...totals.map(totalLine),
    ...(report.suspected === 0 ? [] : [ours`  ${report.suspected} added, but probably known`]),
    ...(report.gone === 0 ? [] : [ours`  ${report.gone} pending before, and not in this file`]),
    ...(report.suspected + report.gone === 0 ? [] : [ours`  see \`spendwise import --review\``]),
    ...(dryRun ? [ours`  Dry run: nothing was written.`] : []),
  ];
}

const totalLine = ({ currency, inMinor, outMinor }: CurrencyTotal): Shown =>
  joined(
    [
      ours`  in ${shown(formatMoney(inMinor, currency))}`,
      ours`out ${shown(formatMoney(outMinor, currency))}`,
    ],
    ', ',
  );
