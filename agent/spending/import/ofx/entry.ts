import { currencyCode, minorOf } from '../../money.ts';
import { amountOf } from '../csv/amounts.ts';
import { dateOf } from '../csv/dates.ts';
import type { StatementEntry } from '../statement.ts';
import { bankIdOf, inQuotes, textOf } from '../values.ts';

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

/** Banks of Brazil list balances among the transactions, without an id. */
const BALANCE = /^(saldo (anterior|(do )?dia|inicial|final|atual)|s a l d o)\b/i;

/** Undefined if it is no transaction. A text says why it cannot be read. `fallback`: for the number of decimals where no currency is named. */
export function entryOf(
  { line, pending, values, group, problem }: Transaction,
  statementCurrency: string | undefined,
  fallback: string,
): StatementEntry | string | undefined {
  const value = (...names: string[]) => names.map((name) => values.get(name)).find(Boolean) ?? '';
  if (problem !== undefined) return problem;
  if (group !== '') return `<${group}> is not closed in this transaction`;
  if (!['', values.get('FITID')].includes(value('CORRECTFITID')))
    return 'it corrects or deletes another transaction: change that one by hand';
  const bankId = bankIdOf(value('FITID'));
  if (bankId === undefined && BALANCE.test(value('MEMO', 'NAME'))) return undefined;
  const [postedAs, amountAs] = [value('DTPOSTED', 'DTTRAN'), value('TRNAMT')];
  const date = dayOf(postedAs);
  if (date === undefined) return `${inQuotes(postedAs)} is no date (DTPOSTED)`;
  // ORIGCURRENCY tells from what the bank has converted; CURRENCY, that the amount is in it.
  const named = value('CURRENCY/CURSYM') || statementCurrency;
  const currency = named && currencyCode(named);
  if (named !== undefined && currency === undefined) return `${inQuotes(named)} is no currency`;
  // Brokers fill up with zeros in front.
  const digits = amountAs.replace(/^([+-]?)0+(?=\d)/, '$1');
  const amount = amountOf(digits, /[.,](?=[^.,]*$)/.exec(digits)?.[0] === ',' ? ',' : '.');
  const known = amount !== undefined && (amount.currency ?? currency) === currency;
  const amountMinor = known ? minorOf(amount.decimal, currency ?? fallback) : undefined;
  if (amountMinor === undefined)
    return `${inQuotes(amountAs)} is no amount in ${currency ?? fallback} (TRNAMT)`;
  // Of many banks the memo is all that says who it was.
  const merchant = textOf(value('PAYEE/NAME', 'NAME', 'PAYEE', 'EXTDPAYEE/NAME', 'MEMO'));
  const memo = textOf(value('MEMO'));
  const check = value('CHECKNUM').replace(/^0+$/, '');
  return {
    line,
    date,
    amountMinor,
    currency,
    merchant,
    description: (memo === merchant ? '' : memo) || textOf(check && `Check ${check}`),
    bankId,
    pending,
    transfer: false,
  };
}

/**
 * The day that the bank wrote: 20261129 of `20261129200000.000[-5:EST]`. The time is in the zone beside it, and what banks
 * mean is their own calendar day. Converting it moves transactions to a neighbouring day.
 */
const dayOf = (text: string): string | undefined =>
  /^\d{8}(?:\d|$|\[|\.)/.test(text) ? dateOf(text.slice(0, 8), 'ymd') : undefined;
