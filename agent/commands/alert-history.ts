import { Ledger } from '../alerts/ledger/ledger.ts';
import type { IntentRow } from '../alerts/ledger/row.ts';
import { describeThreshold } from '../alerts/thresholds.ts';
import { inUtc } from '../alerts/when.ts';
import { loadEnvironment, stateDir } from '../environment.ts';
import { plainText } from '../plain-text.ts';
import { type Theme, themeFor } from '../terminal/theme.ts';

/** `spendwise alert history`: every intent to text and what became of it, newest first. */
export function alertHistory({ limit, json }: { limit: number; json: boolean }): void {
  const ledger = Ledger.openIfThere(stateDir(loadEnvironment()));
  const rows = ledger?.history(limit) ?? [];
  ledger?.close();
  if (json) return void process.stdout.write(`${JSON.stringify({ history: rows.map(entryOf) })}\n`);
  if (rows.length === 0) process.stderr.write('nothing was sent yet\n');
  const theme = themeFor(process.stdout);
  process.stdout.write(rows.map((row) => `${line(row, theme)}\n`).join(''));
}

export function line({ id, state, alert, body, reservedAt, sid, reason }: IntentRow, theme: Theme): string {
  const paint = {
    sent: theme.green,
    failed: theme.red,
    unknown: theme.alarm,
    reserved: theme.dim,
    sending: theme.dim,
  };
  const what = alert
    ? `${alert.category}, ${alert.period} from ${alert.periodStart}, ${describeThreshold(alert.threshold)}`
    : `text ${JSON.stringify(body)}`;
  const facts = [what, sid, reason].filter((part) => part !== undefined && part !== '').join('; ');
  return `${String(id).padStart(4)}  ${inUtc(reservedAt)}  ${paint[state](state.padEnd(8))}  ${plainText(facts).replaceAll('\n', ' ')}`;
}

/** Without the recipient; the text as it is, for it is the person's own. */
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
