import { NotAStatement } from '../statement.ts';
import { lineFeeds } from '../values.ts';

/** Longer is no row of a bank. */
export const MAX_ROW = 100_000;
/** Each costs a look through as many characters as a row may have. */
const MAX_UNCLEAR = 100;

/** `fields` undefined: a quote that opens in this line is not closed. The next row is the next line. */
export type OnRow = (fields: string[] | undefined, line: number) => void;

const LINE_END = '\n';
const QUOTE = '"';

/**
 * Cuts CSV text into rows as it arrives. Fields may be quoted, with line breaks and doubled quotes inside. Line ends are
 * LF, CR LF or CR, and become LF inside fields. Quotes that were not doubled are kept as text if their meaning is clear:
 * `"Bar "Rosa" Basel"` is one field. csv-parse takes five times as long a row, and is what this one is fuzzed against.
 */
export class CsvRows {
  readonly #delimiter: string;
  readonly #onRow: OnRow;
  readonly #lineFeeds = lineFeeds();
  #rest = '';
  #line = 1;
  #unclear = 0;

  constructor(delimiter: string, onRow: OnRow) {
    this.#delimiter = delimiter;
    this.#onRow = onRow;
  }

  push(text: string): void {
    this.#read(this.#rest + this.#lineFeeds(text), false);
  }

  end(): void {
    const text = this.#rest;
    if (text !== '') this.#read(text.endsWith(LINE_END) ? text : text + LINE_END, true);
  }

  #read(text: string, last: boolean): void {
    let at = 0;
    let quoteAt = text.indexOf(QUOTE);
    for (let end = text.indexOf(LINE_END); end !== -1; end = text.indexOf(LINE_END, at)) {
      if (quoteAt !== -1 && quoteAt < at) quoteAt = text.indexOf(QUOTE, at);
      if (quoteAt === -1 || quoteAt > end) {
        if (end - at > MAX_ROW) throw this.#tooLong();
        this.#onRow(text.slice(at, end).split(this.#delimiter), this.#line);
        this.#line += 1;
        at = end + 1;
        continue;
      }
      const row = this.#quotedRow(text, at);
      if (row === undefined && !last && text.length - at <= MAX_ROW) break;
      this.#onRow(row?.fields, this.#line);
      this.#line += row?.lines ?? 1;
      at = row?.next ?? end + 1;
      if (row === undefined) this.#unclear += 1;
      if (this.#unclear > MAX_UNCLEAR)
        throw new NotAStatement(this.#line, 'quotes that are not closed in too many rows');
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > MAX_ROW) throw this.#tooLong();
  }

  /** Undefined if the row does not end here: more is to come, or a quote in it is never closed. */
  #quotedRow(text: string, start: number): { fields: string[]; lines: number; next: number } | undefined {
    const fields: string[] = [];
    let lines = 1;
    for (let at = start; ; ) {
      let from = at;
      while (text[from] === ' ') from += 1;
      let end: number;
      if (text[from] === QUOTE) {
        const closing = this.#closing(text, from + 1);
        if (closing === undefined) return undefined;
        const field = text.slice(from + 1, closing.at);
        if (field.includes(LINE_END)) lines += field.split(LINE_END).length - 1;
        fields.push(field.includes(QUOTE) ? field.replaceAll('""', QUOTE) : field);
        end = closing.end;
      } else {
        end = this.#fieldEnd(text, at);
        if (end === -1) return undefined;
        fields.push(text.slice(at, end));
      }
      at = end + 1;
      if (at - start > MAX_ROW) return undefined;
      if (text[end] === LINE_END) return { fields, lines, next: at };
    }
  }

  /**
   * The quote that closes a field is followed by nothing but spaces before a delimiter or a line end. After one that is
   * not, the field does not go beyond its line: the quote that would close it there belongs to another row.
   */
  #closing(text: string, from: number): { at: number; end: number } | undefined {
    let most = Number.POSITIVE_INFINITY;
    for (let at = text.indexOf(QUOTE, from); at !== -1 && at < most; at = text.indexOf(QUOTE, at + 1)) {
      if (text[at + 1] === QUOTE) {
        at += 1;
        continue;
      }
      let end = at + 1;
      while (text[end] === ' ') end += 1;
      if (end >= text.length) return undefined;
      if (text[end] === LINE_END || text[end] === this.#delimiter) return { at, end };
      if (most === Number.POSITIVE_INFINITY) {
        const lineEnd = text.indexOf(LINE_END, from);
        most = lineEnd === -1 ? most : lineEnd;
      }
    }
    return undefined;
  }

  #fieldEnd(text: string, from: number): number {
    const lineEnd = text.indexOf(LINE_END, from);
    const delimiter = text.indexOf(this.#delimiter, from);
    return delimiter === -1 || (lineEnd !== -1 && lineEnd < delimiter) ? lineEnd : delimiter;
  }

  #tooLong(): NotAStatement {
    return new NotAStatement(this.#line, `a row of more than ${MAX_ROW} characters`);
  }
}
