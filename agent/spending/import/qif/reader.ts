import type { DecimalSign } from '../csv/amounts.ts';
import type { DateOrder } from '../csv/dates.ts';
import type { ReaderOptions, StatementReader, StatementSink } from '../statement.ts';
import { inQuotes, textOf } from '../values.ts';
import { entryOf } from './entry.ts';
import { type QifRecord, recordReader } from './records.ts';

const ACCOUNTS = ['bank', 'cash', 'ccard', 'oth a', 'oth l', 'oth s'];
const INVESTMENTS = ['invst', 'port', 'mutual', '401(k)/403(b)'];
/** Lists that hold no transactions of an account. */
const LISTS = [
  'cat',
  'class',
  'tag',
  'memorized',
  'payee',
  'security',
  'prices',
  'budget',
  'invitem',
  'template',
];

export interface QifOptions extends ReaderOptions {
  readonly dateOrder?: DateOrder;
  readonly decimal?: DecimalSign;
}

/** Whether the records of a section are transactions of an account that is read. */
export const hasTransactions = (section: string): boolean => ACCOUNTS.includes(section);

/**
 * Reads QIF: transactions of bank, cash, credit card, asset and liability accounts. A split transaction counts once, with
 * its total. Each transaction of an investment account is a bad entry.
 */
export function qifReader(
  { currency, dateOrder = 'mdy', decimal = '.' }: QifOptions,
  sink: StatementSink,
): StatementReader {
  let account: string | undefined;

  const onRecord = (record: QifRecord): void => {
    if (record.section === 'account') account = textOf(record.values.get('N')) || undefined;
    else if (INVESTMENTS.includes(record.section))
      sink.bad({ line: record.line, reason: 'a transaction of an investment account, which are not read' });
    else {
      const entry = entryOf(record, { currency, dateOrder, decimal });
      if (typeof entry === 'string') sink.bad({ line: record.line, reason: entry });
      else sink.entry({ ...entry, accountNumber: account });
    }
  };

  return recordReader(onRecord, (section, line) => {
    const wanted = section === 'account' || hasTransactions(section) || INVESTMENTS.includes(section);
    if (!wanted && !LISTS.includes(section))
      sink.bad({ line, reason: `a section of an unknown kind, ${inQuotes(section)}, is not read` });
    return wanted;
  });
}
