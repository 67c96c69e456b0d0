import { joined, ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import type { ExportedTransaction } from '../../../spending/household/all-transactions.ts';
import { decimalOf } from '../../../spending/money.ts';

export const JOURNAL_HEADER = ours`; Exported by SpendWise. Transfers go to an account of equity.\n`;

/** ledger refuses lines of more than 4096 bytes. */
const MOST = 300;

/** Writes transactions as a journal that hledger and ledger read, whatever names and texts contain. */
export function journalWriter(): (row: ExportedTransaction) => Shown {
  const commodities = new Set<string>();
  const nameIn = { Assets: names(), Expenses: names(), Income: names() };
  return ({
    date,
    amountMinor,
    currency,
    category,
    kind,
    account,
    merchant,
    description,
    pending,
    transfer,
  }) => {
    const own = ours`Assets:${nameIn.Assets(account)}`;
    const group = kind === 'income' ? 'Income' : 'Expenses';
    const other = transfer ? ours`Equity:Transfers` : ours`${shown(group)}:${nameIn[group](category)}`;
    const what = [merchant, description].map(words).filter((text) => text !== '');
    const status = pending ? ours`!` : ours`*`;
    const lines = [
      // After the status, what stands in brackets would be a code.
      ours`${shown(date)} ${status} ${joined(what, ' | ').replace(/^\(/, '[') as Shown}`.trimEnd() as Shown,
      posting(own, amountMinor, currency),
      posting(other, -amountMinor, currency),
      ours``,
    ];
    if (!commodities.has(currency)) lines.unshift(...commodity(currency));
    commodities.add(currency);
    return joined(lines, '\n');
  };
}

const posting = (account: Shown, minor: number, currency: string): Shown =>
  ours`    ${padded(account, 40)}  ${amount(minor, currency)}`;

const amount = (minor: number, currency: string): Shown =>
  ours`${shown(currency)} ${shown(decimalOf(minor, currency))}`;

function commodity(currency: string): Shown[] {
  const example = decimalOf(100_000, currency);
  // hledger wants a decimal mark, even without decimals.
  const marked = example.includes('.') ? example : `${example}.`;
  return [ours`commodity ${shown(currency)}`, ours`    format ${shown(`${currency} ${marked}`)}`, ours``];
}

/** In one line; a semicolon would begin a comment, a bar ends the payee. */
const words = (text: string): Shown => shown(text, MOST).replaceAll(';', ',').replaceAll('|', '/') as Shown;

/** Names as parts of account names, where a colon would begin a sub-account. Different names stay different. */
function names(): (name: string) => Shown {
  const known = new Map<string, Shown>();
  const taken = new Set<Shown>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const plain = (words(name).replaceAll(':', '-') || ours`-`) as Shown;
    let fresh = plain;
    for (let n = 2; taken.has(fresh); n += 1) fresh = ours`${plain} (${n})`;
    known.set(name, fresh);
    taken.add(fresh);
    return fresh;
  };
}
