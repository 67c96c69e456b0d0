import { minorOf } from '../../money.ts';
import type { StatementEntry } from '../statement.ts';
import { decimalOf, inQuotes, isoDate, textOf } from '../values.ts';

/** What stands between `<STMTTRN>` and `</STMTTRN>`. */
export interface Transaction {
  readonly line: number;
  readonly pending: boolean;
  /** By tag; of a group of values as `PAYEE/NAME`. */
  readonly values: Map<string, string>;
  /** The group that is open. */
  group: string;
  problem?: string;
}

/** A text says why it cannot be read. `fallback`: for the number of decimals where no currency is named. */
export function entryOf(
  { line, pending, values, group, problem }: Transaction,
  statementCurrency: string | undefined,
  fallback: string,
): StatementEntry | string {
  const value = (...names: string[]) => names.map((name) => values.get(name)).find(Boolean) ?? '';
  if (problem !== undefined) return problem;
  if (group !== '') return `<${group}> is not closed in this transaction`;
  if (values.has('CORRECTFITID'))
    return 'it corrects or deletes another transaction: change that one by hand';
  const [postedAs, amountAs] = [value('DTPOSTED', 'DTTRAN'), value('TRNAMT')];
  const date = dateOf(postedAs);
  if (date === undefined) return `${inQuotes(postedAs)} is no date (DTPOSTED)`;
  // ORIGCURRENCY tells from what the bank has converted; CURRENCY, that the amount is in it.
  const currency = value('CURRENCY/CURSYM').toUpperCase() || statementCurrency;
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) return `${inQuotes(currency)} is no currency`;
  const amount = decimalOf(amountAs, /[.,](?=[^.,]*$)/.exec(amountAs)?.[0] === ',' ? ',' : '.');
  const amountMinor = amount === undefined ? undefined : minorOf(amount, currency ?? fallback);
  if (amountMinor === undefined)
    return `${inQuotes(amountAs)} is no amount in ${currency ?? fallback} (TRNAMT)`;
  const check = value('CHECKNUM').replace(/^0+$/, '');
  return {
    line,
    date,
    amountMinor,
    currency,
    merchant: textOf(value('PAYEE/NAME', 'NAME', 'PAYEE', 'EXTDPAYEE/NAME')),
    description: textOf(value('MEMO') || (check && `Check ${check}`)),
    bankId: textOf(value('FITID')) || undefined,
    pending,
    transfer: false,
  };
}

/**
 * The day that the bank wrote: 20261129 of `20261129200000.000[-5:EST]`. The time is in the zone beside it, and what banks
 * mean is their own calendar day. Converting it moves transactions to a neighbouring day.
 */
function dateOf(text: string): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)(?:\d|$|\[|\.)/.exec(text) ?? [];
  return isoDate(Number(year), Number(month), Number(day));
}
