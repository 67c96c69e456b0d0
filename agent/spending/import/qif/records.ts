import { NotAStatement, type StatementReader } from '../statement.ts';
import { lineFeeds, MAX_FIELD } from '../values.ts';

const MAX_LINES = 2_000;

/** Lines up to a `^`. Of lines with the same letter the first counts. */
export interface QifRecord {
  readonly line: number;
  /** In small letters: `bank`, `oth a`, `account`, `cat`. */
  readonly section: string;
  readonly values: Map<string, string>;
  /** Categories of the splits: their `S` lines. */
  readonly splits: string[];
  /** `D` or `T`, if it is there twice. */
  twice?: string;
}

/** Cuts QIF into records. Asks at each `!Type:` line whether those of the section are wanted. */
export function recordReader(
  onRecord: (record: QifRecord) => void,
  wants: (section: string, line: number) => boolean,
): StatementReader {
  const newlines = lineFeeds();
  let [buffer, line, section, wanted, lines] = ['', 0, '', false, 0];
  let record: QifRecord | undefined;

  const onLine = (raw: string): void => {
    line += 1;
    if (raw.length > MAX_FIELD) throw new NotAStatement(line, `a line of more than ${MAX_FIELD} characters`);
    const text = raw.replace(/^\uFEFF/, '').trim();
    if (text === '') return;
    // Some banks leave the header out.
    if (section === '' && /^D *\d/i.test(text)) begin('bank');
    if (text.startsWith('!')) onHeader(text.slice(1).toLowerCase());
    else if (section === '')
      throw new NotAStatement(line, 'no line "!Type:" with the kind of account before this');
    else if (text.startsWith('^')) {
      if (record !== undefined && wanted) onRecord(record);
      record = undefined;
    } else onValue(text.slice(0, 1).toUpperCase(), text.slice(1).trim());
  };

  const onHeader = (header: string): void => {
    const [, type] = /^type[: ]\s*(.*)$/.exec(header) ?? [];
    if (type === undefined && header !== 'account') return;
    closed();
    begin(type ?? header);
  };

  const begin = (name: string): void => {
    section = name;
    wanted = wants(name, line);
  };

  const onValue = (letter: string, value: string): void => {
    if (record === undefined) {
      record = { line, section, values: new Map(), splits: [] };
      lines = 0;
    }
    if (!wanted) return;
    lines += 1;
    if (lines > MAX_LINES) throw new NotAStatement(record.line, `an entry of more than ${MAX_LINES} lines`);
    if (letter === 'S') record.splits.push(value);
    else if (!record.values.has(letter)) record.values.set(letter, value);
    else if (letter === 'D' || letter === 'T') record.twice ??= letter;
  };

  const closed = (): void => {
    if (record !== undefined)
      throw new NotAStatement(record.line, 'the entry that begins here has no end (^): the file is cut off');
  };

  return {
    push(text) {
      buffer += newlines(text);
      let from = 0;
      for (let end = buffer.indexOf('\n'); end !== -1; end = buffer.indexOf('\n', from)) {
        onLine(buffer.slice(from, end));
        from = end + 1;
      }
      buffer = buffer.slice(from);
      if (buffer.length > MAX_FIELD)
        throw new NotAStatement(line + 1, `a line of more than ${MAX_FIELD} characters`);
    },
    end() {
      onLine(buffer);
      closed();
      if (section === '') throw new NotAStatement(line, 'there is no statement of an account in it');
    },
  };
}
