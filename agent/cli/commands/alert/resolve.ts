import { Failed, UsageError } from '@spendwise/sandbox/errors';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import { isOpen } from '../../../alerts/outbox.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { historyLines } from './history.ts';

/** `spendwise alert resolve [ID]`: the user settles a text that may have been sent, or did not arrive. */
export function alertResolve(
  id: number | undefined,
  { sent, notSent, newLedger }: { sent: boolean; notSent: boolean; newLedger: boolean },
): void {
  if (newLedger) {
    if (id !== undefined || sent || notSent)
      throw new UsageError('--new-ledger takes no other argument', 'spendwise alert resolve --new-ledger');
    beginAnew();
    return;
  }
  if (id === undefined && (sent || notSent))
    throw new UsageError('no text was named', 'give its ID; `spendwise alert resolve` lists open texts');
  const state = stateDir(loadEnvironment());
  const ledger = id === undefined ? Ledger.openIfThere(state) : Ledger.open(state);
  try {
    if (ledger === undefined || id === undefined) {
      list(ledger);
      return;
    }
    ledger.recover();
    if (sent === notSent)
      throw new UsageError('the outcome is missing', `spendwise alert resolve ${id} --sent, or --not-sent`);
    const row = ledger.find(id);
    if (row === undefined || !isOpen(row))
      throw new Failed(
        row === undefined
          ? `there is no text ${id} in the ledger`
          : `text ${id} is ${row.state}: there is nothing to settle`,
        '`spendwise alert resolve` lists the texts that are open',
      );
    const arrived = 'the user said that it arrived';
    if (notSent) ledger.settle(id, { state: 'failed', reason: 'the user said that it was not sent' });
    else if (row.state === 'undelivered') ledger.followed(id, 'delivered', arrived);
    else ledger.settle(id, { state: 'sent', sid: undefined, reason: arrived });
    const what = sent ? ours`sent` : ours`not sent; if it is still due, the next run sends it`;
    out.line(ours`${id} counts as ${what}`);
  } finally {
    ledger?.close();
  }
}

function beginAnew(): void {
  const aside = Ledger.beginAnew(stateDir(loadEnvironment()));
  const old = aside === undefined ? ours`` : ours`; the old one is ${shown(aside)}`;
  out.line(ours`a new ledger was started: alerts that are due will be sent again${old}`);
}

function list(ledger: Ledger | undefined): void {
  const rows = ledger?.open() ?? [];
  if (rows.length === 0) err.line(ours`no text is open`);
  const theme = themeFor(process.stdout);
  out.line(...rows.flatMap((row) => historyLines(row, theme, out.columns)));
}
