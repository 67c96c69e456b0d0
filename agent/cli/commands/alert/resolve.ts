import { Failed, UsageError } from '@spendwise/sandbox/errors';
import { ours, shown } from '@spendwise/sandbox/shown';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { err, out } from '../../terminal/screen.ts';
import { themeFor } from '../../terminal/theme.ts';
import { line } from './history.ts';

/** `spendwise alert resolve [ID]`: a person's word on what nobody else can know. */
export function alertResolve(
  id: number | undefined,
  { sent, notSent, newLedger }: { sent: boolean; notSent: boolean; newLedger: boolean },
): void {
  if (newLedger) {
    if (id !== undefined || sent || notSent)
      throw new UsageError('--new-ledger stands alone', 'spendwise alert resolve --new-ledger');
    beginAnew();
    return;
  }
  if (id === undefined && (sent || notSent))
    throw new UsageError('which text?', 'give its ID; `spendwise alert resolve` lists those that are open');
  const state = stateDir(loadEnvironment());
  const ledger = id === undefined ? Ledger.openIfThere(state) : Ledger.open(state);
  try {
    if (ledger === undefined || id === undefined) {
      list(ledger);
      return;
    }
    ledger.recover();
    if (sent === notSent)
      throw new UsageError('say what became of it', `spendwise alert resolve ${id} --sent, or --not-sent`);
    const row = ledger.find(id);
    if (row?.state !== 'unknown')
      throw new Failed(
        row === undefined
          ? `there is no ${id} in the ledger`
          : `${id} is ${row.state}: there is nothing to settle`,
        '`spendwise alert resolve` shows what may have gone out',
      );
    ledger.settle(
      id,
      sent
        ? { state: 'sent', sid: undefined, reason: 'a person said that it arrived' }
        : { state: 'failed', reason: 'a person said that it did not go out' },
    );
    const what = sent ? ours`sent` : ours`not sent; what is still due goes out with the next run`;
    out.line(ours`${id} counts as ${what}`);
  } finally {
    ledger?.close();
  }
}

function beginAnew(): void {
  const aside = Ledger.beginAnew(stateDir(loadEnvironment()));
  const old = aside === undefined ? ours`` : ours`; the old one is ${shown(aside)}`;
  out.line(ours`a new ledger was begun: what is due goes out again${old}`);
}

function list(ledger: Ledger | undefined): void {
  const rows = ledger?.unknown() ?? [];
  if (rows.length === 0) err.line(ours`nothing is open`);
  const theme = themeFor(process.stdout);
  out.line(...rows.map((row) => line(row, theme)));
}
