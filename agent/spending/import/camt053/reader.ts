import { NotAStatement, type ReaderOptions, type StatementReader, type StatementSink } from '../statement.ts';
import { Bookings, type Entry } from './bookings.ts';
import type { Values } from './entries.ts';
import { xmlReader } from './xml.ts';

/** Statements of camt.053, reports of camt.052, notifications of camt.054. */
const STATEMENTS = ['Stmt', 'Rpt', 'Ntfctn'];
/** With more, a batch booking counts as the one entry that it is. */
const MAX_DETAILS = 2_000;
/** More than an entry shows of any value. */
const MAX_VALUE = 600;
/** Values that come in several lines. */
const TEXTS = /^(RmtInf\/|Addtl)/;
const ACCOUNT = /^Acct\/Id\/(IBAN|BBAN|(Othr|PrtryAcct)\/Id)$/;
const BALANCE = /^(Tp\/CdOrPrtry\/Cd|Amt(@Ccy)?|CdtDbtInd)$/;
const READ = new RegExp(
  `^(${[
    'Amt(@Ccy)?|CdtDbtInd|RvslInd|AmtDtls/TxAmt/Amt(@Ccy)?',
    'Sts(/Cd|/Prtry)?|(BookgDt|ValDt)/(Dt|DtTm)',
    'AcctSvcrRef|Refs/AcctSvcrRef',
    'AddtlNtryInf|AddtlTxInf',
    'RltdPties/(Cdtr|Dbtr|UltmtCdtr|UltmtDbtr)/Nm',
    'RmtInf/(Ustrd|Strd/CdtrRefInf/(Ref|CdtrRef)|Strd/AddtlRmtInf)',
  ].join('|')})$`,
);

/**
 * Reads camt.053 of all versions, and camt.052 and camt.054, which have the same entries. Elements are known by their
 * local names. Entries that banks send for information only (INFO) are no bookings: they are left out.
 */
export function camt053Reader(_: ReaderOptions, sink: StatementSink): StatementReader {
  let statement: { bookings: Bookings; depth: number } | undefined;
  let balance: Values | undefined;
  let entry: Entry | undefined;
  let detail: Values | undefined;
  let [found, base, line] = [false, 0, 1];
  const path: string[] = [];

  const put = (name: string, text: string): void => {
    if (balance !== undefined) {
      if (BALANCE.test(name)) balance.set(name, text);
    } else if (entry !== undefined) putInEntry(entry, name, text);
    else if (statement !== undefined && ACCOUNT.test(name)) statement.bookings.account ||= text;
  };

  const putInEntry = (current: Entry, name: string, text: string): void => {
    // Since version 8 a party is a person or an agent.
    const key = name.replace(/^(RltdPties\/\w+)\/(?:Pty|Agt\/FinInstnId)\//, '$1/');
    if (!READ.test(key)) return;
    const values = detail ?? current.values;
    const before = values.get(key);
    if (before === undefined) values.set(key, text.slice(0, MAX_VALUE));
    else if (TEXTS.test(key)) values.set(key, `${before} ${text}`.slice(0, MAX_VALUE));
    else if (!key.startsWith('RltdPties/')) current.problem ??= `<${key}> is there twice`;
  };

  const opened = (name: string, at: number): void => {
    const parent = path.at(-1) ?? '';
    path.push(name);
    line = at;
    if (STATEMENTS.includes(name) && parent.startsWith('BkToCstmr')) {
      found = true;
      statement = { bookings: new Bookings(sink), depth: path.length };
    } else if (path.length - 1 === statement?.depth && name === 'Bal') balance = new Map();
    else if (path.length - 1 === statement?.depth && name === 'Ntry')
      entry = { line, values: new Map(), details: [], count: 0 };
    else if (name === 'TxDtls' && parent === 'NtryDtls' && entry !== undefined) detail = new Map();
    else return;
    base = path.length;
  };

  const closed = (): void => {
    const name = path.pop();
    if (statement === undefined) return;
    if (entry !== undefined && detail !== undefined && name === 'TxDtls') {
      entry.count += 1;
      if (entry.count <= MAX_DETAILS) entry.details.push(detail);
      else entry.details = [];
      detail = undefined;
      base = statement.depth + 1;
    } else if (path.length === statement.depth) {
      if (balance !== undefined) statement.bookings.balance(balance);
      else if (entry !== undefined) statement.bookings.add(entry);
      [balance, entry, base] = [undefined, undefined, statement.depth];
    } else if (path.length < statement.depth) {
      statement.bookings.end();
      statement = undefined;
    }
  };

  const xml = xmlReader({
    open: opened,
    attribute: (name, text) => put(`${path.slice(base).join('/')}@${name}`, text),
    leaf: (text) => put(path.slice(base).join('/'), text),
    close: closed,
  });
  return {
    push: xml.push,
    end() {
      xml.end();
      if (!found) throw new NotAStatement(line, 'there is no statement of an account in it');
    },
  };
}
