import { NotAStatement, type ReaderOptions, type StatementReader, type StatementSink } from '../statement.ts';
import { inQuotes, textOf } from '../values.ts';
import { entryOf, type Transaction } from './entry.ts';
import { type Tag, tagReader } from './tags.ts';

/** Some banks send nothing but the list, without its account. */
const ROOTS = ['OFX', 'BANKTRANLIST'];
const STATEMENTS = ['STMTRS', 'CCSTMTRS', 'INVSTMTRS'];
/** Groups of values inside a transaction: `PAYEE/NAME` is another value than `NAME`. */
const GROUPS = ['PAYEE', 'EXTDPAYEE', 'CURRENCY', 'ORIGCURRENCY', 'BANKACCTTO', 'CCACCTTO'];
/** Twice in one transaction: where it ends has been lost. */
const ONCE = ['DTPOSTED', 'DTTRAN', 'TRNAMT', 'FITID'];
const MAX_VALUES = 200;

/**
 * Reads OFX 1 and 2: transactions of bank accounts and credit cards, pending ones too, and cash transactions of investment
 * accounts. `TRNTYPE` is not looked at. Its XFER says no more than that money was transferred, to whomever, so it is no
 * sign of a transfer between own accounts.
 */
export function ofxReader({ currency: fallback }: ReaderOptions, sink: StatementSink): StatementReader {
  let statement: { account: string; currency: string } | undefined;
  let transaction: Transaction | undefined;
  let status = new Map<string, string>();
  let [root, line] = ['', 1];

  const inTransaction = (current: Transaction, { name, text }: Tag): void => {
    if (name === `/${current.group}`) current.group = '';
    else if (name.startsWith('/')) return;
    else if (text === '' && GROUPS.includes(name)) current.group = name;
    else {
      const key = current.group === '' ? name : `${current.group}/${name}`;
      const before = current.values.get(key);
      if (ONCE.includes(key) && before !== undefined) current.problem ??= `<${key}> is there twice`;
      if (current.values.size < MAX_VALUES) current.values.set(key, before || text);
      else throw new NotAStatement(current.line, `a transaction of more than ${MAX_VALUES} values`);
    }
  };

  const onTag = (tag: Tag): void => {
    const { name, text } = tag;
    line = tag.line;
    if (root === '' && ROOTS.includes(name)) {
      root = name;
      if (name !== 'OFX') statement ??= { account: '', currency: '' };
    } else if (root === '' && !name.startsWith('STMTTRN')) return;
    else if (name === 'STMTTRN' || name === 'STMTTRNP') {
      if (transaction !== undefined) throw notClosed(transaction);
      if (root === '' || statement === undefined)
        throw new NotAStatement(line, 'a transaction of no account');
      transaction = { line, pending: name === 'STMTTRNP', values: new Map(), group: '' };
    } else if (name === '/STMTTRN' || name === '/STMTTRNP') {
      if (transaction === undefined) throw new NotAStatement(line, `<${name}> closes nothing`);
      const entry = entryOf(transaction, statement?.currency || undefined, fallback);
      if (typeof entry === 'string') sink.bad({ line: transaction.line, reason: entry });
      else if (entry !== undefined)
        sink.entry({ ...entry, accountNumber: textOf(statement?.account) || undefined });
      transaction = undefined;
    } else if (name === `/${root}`) {
      if (transaction !== undefined) throw notClosed(transaction);
      root = '';
    } else if (transaction !== undefined) inTransaction(transaction, tag);
    else if (STATEMENTS.includes(name)) statement = { account: '', currency: '' };
    else if (statement !== undefined && name === 'ACCTID') statement.account ||= text;
    else if (statement !== undefined && name === 'CURDEF') statement.currency ||= text;
    else if (name === 'INVTRAN')
      sink.bad({ line, reason: 'a trade or income of investments, which are not read' });
    else if (name === 'STATUS') status = new Map();
    else if (name === 'CODE' || name === 'SEVERITY' || name === 'MESSAGE') status.set(name, text);
    else if (name === '/STATUS' && status.get('SEVERITY')?.toUpperCase() === 'ERROR')
      throw new NotAStatement(
        line,
        `the bank sent an error: ${status.get('CODE')} ${inQuotes(status.get('MESSAGE') ?? '')}`,
      );
  };

  const tags = tagReader(onTag);
  return {
    push: tags.push,
    end() {
      tags.end();
      if (root !== '') throw new NotAStatement(line, `</${root}> is missing at the end: the file is cut off`);
      if (statement === undefined) throw new NotAStatement(line, 'there is no statement of an account in it');
    },
  };
}

const notClosed = ({ line }: Transaction): NotAStatement =>
  new NotAStatement(line, 'a transaction that begins here is not closed: the file is damaged or cut off');
