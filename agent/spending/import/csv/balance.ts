import { minorOf } from '../../money.ts';
import { amountOf, type DecimalSign } from './amounts.ts';
import type { FoundColumns } from './other-columns.ts';
import type { CsvProfile } from './profile.ts';
import type { Sample } from './sample.ts';

export interface BalanceCheck {
  /** With it, each balance is the one before and the amounts since. Undefined if neither or both fit. */
  readonly sign?: CsvProfile['sign'];
  /** Only if the fees are taken off, too. */
  readonly withFees: boolean;
  /** Neither sign fits half of the balances. */
  readonly contradicts: boolean;
}

/** Compares the amounts with the column of balances, in either order of the rows. A row may lack its balance. */
export function checkBalance(sample: Sample, found: FoundColumns, decimal: DecimalSign): BalanceCheck {
  const { columns, balance, fee } = found;
  if (balance === undefined || columns.direction !== undefined)
    return { withFees: false, contradicts: false };
  const place = (name: string | undefined) => (name === undefined ? -1 : sample.names.indexOf(name));
  const [amountAt, debitAt, creditAt, feeAt, balanceAt] = [
    columns.amount,
    columns.debit,
    columns.credit,
    fee,
    balance,
  ].map(place);
  const read = (row: readonly string[], at: number | undefined, sign: 1 | -1): number => {
    const text = row[at ?? -1]?.trim() ?? '';
    if (text === '') return 0;
    const { decimal: plain = '', marked } = amountOf(text, decimal) ?? {};
    // Four decimals: as many as any currency has.
    const minor = minorOf(plain, 'UYW') ?? Number.NaN;
    return marked === undefined ? sign * minor : marked === 'in' ? minor : -minor;
  };
  const fits = (sign: 1 | -1, withFees: boolean, newestFirst: boolean) => {
    let [fitting, checked, change, last] = [0, 0, 0, Number.NaN];
    for (const row of newestFirst ? sample.data.toReversed() : sample.data) {
      change +=
        amountAt === -1 ? read(row, creditAt, 1) + read(row, debitAt, sign) : read(row, amountAt, sign);
      if (withFees) change -= read(row, feeAt, 1);
      if ((row[balanceAt ?? -1]?.trim() ?? '') === '') continue;
      const next = read(row, balanceAt, 1);
      if (change !== 0 && !Number.isNaN(last)) {
        checked += 1;
        if (next - last === change) fitting += 1;
      }
      [last, change] = [next, 0];
    }
    return { fitting, checked };
  };
  const tried = ([1, -1] as const).flatMap((sign) =>
    (fee === undefined ? [false] : [false, true]).flatMap((withFees) =>
      [false, true].map((newestFirst) => ({ sign, withFees, ...fits(sign, withFees, newestFirst) })),
    ),
  );
  const most = (sign: 1 | -1) =>
    Math.max(...tried.filter((each) => each.sign === sign).map(({ fitting }) => fitting));
  const best = tried.reduce((a, b) => (b.fitting > a.fitting ? b : a));
  const settles = best.fitting >= Math.max(1, best.checked * 0.8) && most(1) !== most(-1);
  return {
    ...(settles && { sign: best.sign === 1 ? 'out-negative' : 'out-positive' }),
    withFees: settles && best.withFees,
    contradicts: best.checked > 2 && best.fitting < best.checked / 2,
  };
}
