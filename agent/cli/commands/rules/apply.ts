import { UsageError } from '@spendwise/sandbox/errors';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { counted, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Theme, themeFor } from '@spendwise/sandbox/theme';
import { applyRules, type RuleChange, ruleChanges } from '../../../spending/household/rule-changes.ts';
import { changeOwn, readOwn } from '../../own-database.ts';
import { openHost } from '../../terminal/host.ts';
import { table } from '../../terminal/table.ts';

interface Flags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Shows what changes, and asks before it changes. */
export async function rulesApply({ dryRun, yes, json }: Flags): Promise<void> {
  const planned = readOwn(ruleChanges);
  const agreed = dryRun || planned.length === 0 || yes ? !dryRun : await asked(planned);
  const changes = agreed ? changeOwn(applyRules) : planned;
  if (json) return void out.line(jsonLine({ applied: agreed, changes }));
  if (dryRun || yes) out.line(...preview(changes, themeFor(process.stdout), out.columns));
  const count = counted(changes.length, 'transaction');
  out.line(agreed ? ours`Changed ${count}.` : ours`${count} would change; nothing was changed.`);
}

function asked(planned: readonly RuleChange[]): Promise<boolean> {
  const signal = interruptSignal();
  const { ui, err } = openHost(signal);
  if (ui === undefined)
    throw new UsageError(
      `${counted(planned.length, 'transaction')} would change, and there is nobody to ask`,
      'pass --yes, or see them with --dry-run',
    );
  return ui.confirm(preview(planned, err, process.stderr.columns), ours`Change these?`, signal);
}

const MOST_ROWS = 30;

/** One row for each merchant and change of category. */
function preview(changes: readonly RuleChange[], theme: Theme, window: number | undefined): Shown[] {
  const groups = Map.groupBy(changes, ({ merchant, from, to, transfer }) =>
    JSON.stringify([merchant, from, to, transfer]),
  );
  const rows = [...groups.values()].sort((a, b) => b.length - a.length);
  const lines = table(
    [
      { title: ours`Count`, align: 'right' },
      { title: ours`From`, least: 10 },
      { title: ours`To`, least: 10 },
      { title: ours`Merchant`, least: 8 },
      { title: ours`Rule`, align: 'right', optional: true },
    ],
    rows
      .slice(0, MOST_ROWS)
      .flatMap((group) =>
        group
          .slice(0, 1)
          .map(({ merchant, from, to, transfer, rule }) => [
            ours`${group.length}`,
            shown(from),
            ours`${shown(to)}${transfer ? ours`, transfer` : ours``}`,
            shown(merchant),
            ours`${rule}`,
          ]),
      ),
    theme,
    window,
  );
  return rows.length > MOST_ROWS ? [...lines, ours`… and ${rows.length - MOST_ROWS} more rows`] : lines;
}
