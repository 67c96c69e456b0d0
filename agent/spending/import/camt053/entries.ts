import { currencyCode, minorOf } from '../../money.ts';
import { dateOf } from '../csv/dates.ts';
import type { StatementEntry } from '../statement.ts';
import { bankIdOf, inQuotes, textOf } from '../values.ts';

/** Values of an entry or of one of its details, by the path of their elements: `BookgDt/Dt`, `Amt@Ccy`. */
export type Values = Map<string, string>;
type Read = Omit<StatementEntry, 'line' | 'accountNumber'>;

const PENDING: Readonly<Record<string, boolean>> = { BOOK: false, PDNG: true, FUTR: true };

/**
 * The transactions of an `Ntry`: one for each of its details if their amounts add up to it, else the entry as a whole.
 * None if it is no booking. A text says why it cannot be read. `ofOriginal`: its direction is that of what it takes back.
 */
export function entriesOf(
  values: Values,
  details: readonly Values[],
  ofOriginal: boolean,
): readonly Read[] | string {
  const status = values.get('Sts/Cd') ?? values.get('Sts/Prtry') ?? values.get('Sts') ?? 'BOOK';
  if (status === 'INFO') return [];
  const pending = PENDING[status];
  if (pending === undefined) return `${inQuotes(status)} is no status (Sts)`;
  const booked = ['BookgDt/Dt', 'BookgDt/DtTm', 'ValDt/Dt', 'ValDt/DtTm']
    .map((name) => values.get(name))
    .find(Boolean);
  const date = dayOf(booked ?? '');
  if (date === undefined) return `${inQuotes(booked ?? '')} is no date (BookgDt)`;
  const currency = values.get('Amt@Ccy') ?? '';
  if (currencyCode(currency) !== currency) return `${inQuotes(currency)} is no currency (Ccy)`;
  const [amountAs, direction] = [values.get('Amt') ?? '', values.get('CdtDbtInd') ?? ''];
  if (!isDirection(direction)) return `${inQuotes(direction)} is no direction (CdtDbtInd)`;
  const signed = (part: Values): number | undefined => {
    const amount = signedAmount(part, part.get('CdtDbtInd') ?? direction, currency);
    return amount !== undefined && ofOriginal ? 0 - amount : amount;
  };
  const total = signed(values);
  if (total === undefined) return `${inQuotes(amountAs)} is no amount in ${currency} (Amt)`;

  const whole = { date, currency, pending, transfer: false };
  const reversal = ['true', '1'].includes(values.get('RvslInd') ?? '');
  const reference = bankIdOf(values.get('AcctSvcrRef'));
  const amounts = details.map(signed);
  const sum = amounts.reduce<number>((all, amount) => all + (amount ?? Number.NaN), 0);
  if (details.length > 1 && sum === total) {
    const references = details.map((detail) => bankIdOf(detail.get('Refs/AcctSvcrRef')));
    const distinct = !references.includes(undefined) && new Set(references).size === references.length;
    return details.map((detail, n) => {
      const amountMinor = amounts[n] ?? 0;
      const bankId = distinct ? references[n] : reference && `${reference}/${n + 1}`;
      return { ...whole, amountMinor, bankId, ...textsOf(detail, values, amountMinor < 0, reversal) };
    });
  }
  const detail: Values = (details.length === 1 && details[0]) || new Map();
  const bankId = reference ?? bankIdOf(detail.get('Refs/AcctSvcrRef'));
  return [{ ...whole, amountMinor: total, bankId, ...textsOf(detail, values, total < 0, reversal) }];
}

const isDirection = (text: string): boolean => text === 'CRDT' || text === 'DBIT';

/** The amount in a currency, negative for money out. Some banks fill up with zeros in front. */
export function signedAmount(values: Values, direction: string, currency: string): number | undefined {
  const name = ['Amt', 'AmtDtls/TxAmt/Amt'].find((each) => values.get(`${each}@Ccy`) === currency);
  const decimal = (values.get(name ?? '') ?? '')
    .replace(/\.$/, '')
    .replace(/^0+(?=\d)|^(?=\.)/, (zeros) => (zeros === '' ? '0' : ''));
  const minor = minorOf(decimal, currency);
  if (minor === undefined || minor < 0 || !isDirection(direction)) return undefined;
  return direction === 'DBIT' ? 0 - minor : minor;
}

/**
 * The other party is the creditor of money out and the debtor of money in. A reversal names the parties of what it takes
 * back. Banks leave out the account's owner: where only one party is named, it is the other one.
 */
function textsOf(detail: Values, entry: Values, out: boolean, reversal: boolean) {
  const roles = out !== reversal ? ['Cdtr', 'UltmtCdtr', 'Dbtr'] : ['Dbtr', 'UltmtDbtr', 'Cdtr'];
  const names = roles.map((role) => textOf(detail.get(`RltdPties/${role}/Nm`)));
  const remittance = ['Ustrd', 'Strd/CdtrRefInf/Ref', 'Strd/CdtrRefInf/CdtrRef', 'Strd/AddtlRmtInf'];
  const texts = remittance.map((name) => detail.get(`RmtInf/${name}`) ?? '');
  return {
    merchant: names.find(Boolean) ?? '',
    description: textOf(
      texts.filter((text) => !/^(NOTPROVIDED)?$/.test(text)).join(' ') ||
        detail.get('AddtlTxInf') ||
        entry.get('AddtlNtryInf'),
    ),
  };
}

/** The calendar day as the bank wrote it; a time and zone after it do not count. */
const dayOf = (text: string): string | undefined =>
  /^\d{4}-\d\d-\d\d(?![\d-])/.test(text) ? dateOf(text.slice(0, 10), 'ymd') : undefined;
