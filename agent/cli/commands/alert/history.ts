import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { joined, ours, padded, quoted, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Theme, themeFor } from '@spendwise/sandbox/theme';
import { inUtc } from '../../../alerts/format-time.ts';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import type { IntentRow } from '../../../alerts/ledger/row.ts';
import { describeThreshold } from '../../../alerts/thresholds.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { packed } from '../../terminal/packed.ts';

export function alertHistory({ limit, json }: { limit: number; json: boolean }): void {
  const ledger = Ledger.openIfThere(stateDir(loadEnvironment()));
  const rows = ledger?.history(limit) ?? [];
  ledger?.close();
  if (json) return void out.line(jsonLine({ history: rows.map(entryOf) }));
  if (rows.length === 0) err.line(ours`nothing has been sent yet`);
  const theme = themeFor(process.stdout);
  out.line(...rows.flatMap((row) => historyLines(row, theme, out.columns)));
}

/** The outcome and what was sent; below it, when and why. */
export function historyLines(row: IntentRow, theme: Theme, window: number | undefined): Shown[] {
  const { id, state, alert, body, reservedAt, sid, reason } = row;
  const paint = {
    sent: theme.green,
    delivered: theme.green,
    undelivered: theme.red,
    failed: theme.red,
    unknown: theme.alarm,
    reserved: theme.dim,
    sending: theme.dim,
  };
  const what = alert
    ? ours`${shown(alert.category, 60)}, ${shown(describeThreshold(alert.threshold))}`
    : ours`text ${quoted(body)}`;
  const facts = [
    shown(inUtc(reservedAt)),
    ...(alert ? [shown(`${alert.period} from ${alert.periodStart}`)] : []),
    ...[sid, reason].flatMap((part) => (part ? shown(part) : [])),
  ];
  if (theme.plain) return [joined([ours`${id}: ${shown(state)}`, what, ...facts], ', ')];
  return [
    ours`${padded(id, -4)}  ${paint[state](padded(shown(state), 11))}  ${what}`,
    ...packed(facts, ours`      `, window).map(theme.dim),
  ];
}

/** Without the recipient. The text is shown in full: it belongs to the user. */
function entryOf({ id, state, alert, body, reservedAt, settledAt, sid, reason, tool }: IntentRow) {
  const { database: _database, ...key } = alert ?? { database: undefined };
  return {
    id,
    state,
    tool,
    at: reservedAt.toISOString(),
    ...(settledAt ? { settledAt: settledAt.toISOString() } : {}),
    ...(alert ? { alert: key } : {}),
    body,
    ...(sid === undefined ? {} : { sid }),
    ...(reason === undefined ? {} : { reason }),
  };
}
